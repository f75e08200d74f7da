// Distillation by scores: the gradients of Gaussian data by quadrature, where they lead, and what stops a training.
#include "trainer/score_distil.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>
#include <numbers>

#include "pipeline/schedule.h"
#include "tests/catch.h"
#include "tests/trainer/toy.h"
#include "trainer/loop.h"

using namespace mds;
using Catch::Contains;

namespace {

// Data N(mu, v) of one number; the generator draws m + b z; the fake score knows m and b.
struct Gaussian {
  double mu = 2, v = 0.25, m = 0.5, b = 0.8;
};
struct Slopes {
  double loss, m, b;
};

Tensor column(const std::vector<double>& values) { return at::tensor(values, at::kDouble).view({-1, 1, 1, 1}); }

// The loss and its slopes for given z and noise, with one example's weight of each or with its own.
Slopes slopes(const Gaussian& of, int64_t t, const Tensor& z, const Tensor& noise, ScoreMethod method, double alpha,
              const Tensor& weight = {}) {
  const NoiseSchedule schedule{ScheduleConfig{}};
  const double a = schedule.a(t), s = schedule.s(t), v_f = a * a * of.b * of.b + s * s, v_r = a * a * of.v + s * s;
  const Tensor m = at::full({}, of.m, at::kDouble).requires_grad_(),
               b = at::full({}, of.b, at::kDouble).requires_grad_();
  const Tensor drawn = m + b * z, x = a * drawn + s * noise;
  const ScoredSample sample{.drawn = drawn,
                            .real = of.mu + a * of.v / v_r * (x - a * of.mu),
                            .fake = of.m + a * of.b * of.b / v_f * (x - a * of.m)};
  const Tensor loss = score_loss(sample, weight.defined() ? weight : score_weight(sample), method, alpha);
  loss.backward();
  return {loss.item<double>(), m.grad().item<double>(), b.grad().item<double>()};
}

// Their expectation over z and noise with a weight of 1: each point of a grid weighs as much as its density.
Slopes expected(const Gaussian& of, int64_t t, ScoreMethod method, double alpha, int64_t points = 121) {
  const Tensor x = at::linspace(-9, 9, points, at::kDouble), density = (-0.5 * x.square()).exp();
  const auto grid = at::meshgrid({x, x}, "ij");
  const Tensor weight = (density.unsqueeze(1) * density).flatten() / density.sum().square() * double(points * points);
  return slopes(of, t, grid[0].reshape({-1, 1, 1, 1}), grid[1].reshape({-1, 1, 1, 1}), method, alpha,
                weight.view({-1, 1, 1, 1}));
}

// m and b after gradient descent with the exact fake score, on the mean over timesteps 20 to 299.
Gaussian descended(ScoreMethod method, double alpha, int64_t steps) {
  Gaussian of{.b = 3};
  for (int64_t step = 0; step < steps && of.b < 50; ++step) {
    double m = 0, b = 0;
    for (const int64_t t : {25, 95, 165, 235, 290}) {
      const Slopes at_t = expected(of, t, method, alpha, 31);
      m += at_t.m / 5, b += at_t.b / 5;
    }
    of.m -= 0.05 * m, of.b -= 0.05 * b;
  }
  return of;
}

ScoreDistilConfig between(const std::string& teacher, const std::string& start) {
  ScoreDistilConfig config;
  config.teacher = teacher;
  config.start = start;
  return config;
}

// With a discriminator whose augmentation changes within a few iterations.
ScoreDistilConfig with_gan(const std::string& folder) {
  ScoreDistilConfig config = between(folder, folder);
  config.method = ScoreMethod::dmd;
  config.fake.steps = 3;
  config.most_drift = 1e6;
  config.gan = {
      .weight = 0.01,
      .real = {},
      .contest = {.r1 = {.weight = 0.1, .every = 2}, .augment = {.probability = 0.5, .adaptive = true, .rise = 100}}};
  return config;
}

}  // namespace

TEST_CASE("the gradients of Gaussian data are those of the formulas", "[trainer][torch]") {
  struct Golden {
    int64_t t;
    double dmd_m, dmd_b, sid_m, sid_b, steep_m, steep_b;
  };
  for (const Golden& at_t :
       {Golden{124, -.5813362448, .1514879716, -.1152194090, .0600490842, -.0711866847, .0485747814},
        Golden{499, -1.3684857427, .0878154099, -1.0982844814, .1409533164, -1.0381974131, .1370975433},
        Golden{874, -1.4929908306, .0057623740, -1.4752604492, .0113878829, -1.4709588635, .0113712805}}) {
    INFO(at_t.t);
    const Slopes dmd = expected({}, at_t.t, ScoreMethod::dmd, 0), sid = expected({}, at_t.t, ScoreMethod::sid, 1),
                 steep = expected({}, at_t.t, ScoreMethod::sid, 1.2);
    CHECK(dmd.m == Approx(at_t.dmd_m).epsilon(1e-7));
    CHECK(dmd.b == Approx(at_t.dmd_b).epsilon(1e-7));
    CHECK(sid.m == Approx(at_t.sid_m).epsilon(1e-7));
    CHECK(sid.b == Approx(at_t.sid_b).epsilon(1e-7));
    CHECK(steep.m == Approx(at_t.steep_m).epsilon(1e-7));
    CHECK(steep.b == Approx(at_t.steep_b).epsilon(1e-7));
  }
}

TEST_CASE("one example's loss and slopes have the weight of its own distance", "[trainer][torch]") {
  const Tensor z = column({-1, -.25, .5, 1.5}).view({1, 4, 1, 1}),
               n = column({.75, -1.25, .25, -.5}).view({1, 4, 1, 1});
  const auto at_499 = [&](ScoreMethod method, double alpha) { return slopes({}, 499, z, n, method, alpha); };
  const Slopes sid = at_499(ScoreMethod::sid, 1), steep = at_499(ScoreMethod::sid, 1.2),
               dmd = at_499(ScoreMethod::dmd, 0);
  CHECK(4 * sid.loss == Approx(-.8409573398).epsilon(1e-7));
  CHECK(4 * sid.m == Approx(-3.6243384630).epsilon(1e-7));
  CHECK(4 * sid.b == Approx(-.3612866395).epsilon(1e-7));
  CHECK(4 * steep.loss == Approx(-2.1263064678).epsilon(1e-7));
  CHECK(4 * steep.m == Approx(-3.4224613192).epsilon(1e-7));
  CHECK(dmd.loss == Approx(.6666071045).epsilon(1e-7));
  CHECK(dmd.m == Approx(-1.1494403088).epsilon(1e-7));
  CHECK(dmd.b == Approx(-.1870416881).epsilon(1e-7));
}

TEST_CASE("descent leads to the data with an alpha of 0.5 and 1 and by matching, and away from them with 1.2",
          "[trainer][torch]") {
  for (const auto& [method, alpha] :
       {std::pair{ScoreMethod::sid, 0.5}, {ScoreMethod::sid, 1.0}, {ScoreMethod::dmd, 0.0}}) {
    const Gaussian found = descended(method, alpha, 2000);
    CHECK(found.m == Approx(2).margin(0.02));
    CHECK(found.b == Approx(0.5).margin(0.02));
  }
  CHECK(descended(ScoreMethod::sid, 1.2, 2000).b > 50);
}

TEST_CASE("the fake score steps as often as it is told and learns what the generator draws", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("score_teacher");
  ScoreDistilConfig config = between(folder, folder);
  config.method = GENERATE(ScoreMethod::sid, ScoreMethod::dmd);
  config.fake.steps = 3;
  config.fake.lr = 2e-3;
  config.most_drift = 1e6;
  const LoopConfig loop{.iterations = 40, .batch = 8, .seed = 1};
  ScoreDistilStage stage(config, loop, set);
  Loop training(stage, loop, {.lr = 0, .warmup = 0});
  std::vector<double> losses;
  training.run_to(40, [&](const StepReport& report) { losses.push_back(report.adversary_loss); });
  const auto mean = [&](size_t first) { return (losses[first] + losses[first + 1] + losses[first + 2]) / 3; };
  CHECK(mean(37) < 0.9 * mean(0));
  const std::string checkpoint = toy::temporary("score.safetensors");
  training.save(checkpoint, "score");
  CHECK(load_tensors(checkpoint).tensors.at("adversary.steps").item<int64_t>() == 120);
}

TEST_CASE("a new discriminator is undecided, which adds the same to every loss", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("score_gan");
  ScoreDistilConfig config = between(folder, folder);
  config.method = GENERATE(ScoreMethod::sid, ScoreMethod::dmd);
  const RealKind real = GENERATE(RealKind::data, RealKind::teacher);
  const auto losses = [&] {
    ScoreDistilStage stage(config, {.batch = 4}, set);
    return std::pair{toy::loss_at(stage).item<double>(), toy::loss_at(*stage.adversary()->stage).item<double>()};
  };
  const auto without = losses();
  config.gan = {.weight = 0.3, .real = {}, .contest = {.r1 = {.weight = 5}, .augment = {.probability = 0.5}}};
  if (real == RealKind::teacher) config.gan.real = {.real = real, .teacher = folder, .teacher_steps = 2};
  config.fake.gan_weight = 0.2;
  const auto with = losses();
  CHECK(with.first - without.first == Approx(0.3 * std::log(2.0)).margin(1e-5));
  CHECK(with.second - without.second == Approx(0.2 * 2 * std::log(2.0)).margin(1e-5));
}

TEST_CASE("the discriminator's heads learn with the fake score, and go on to the same bytes", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("score_heads");
  const LoopConfig loop{.iterations = 6, .batch = 4, .seed = 2};
  const auto run = [&](const std::string& file, int64_t to) {
    ScoreDistilStage stage(with_gan(folder), loop, set);
    Loop training(stage, loop, {.lr = 1e-3, .warmup = 0});
    training.resume(file, "score");
    training.run_to(to);
    training.save(file, "score");
    return toy::bytes_of(file);
  };
  const std::string halves = toy::temporary("gan_halves"), whole = toy::temporary("gan_whole");
  run(halves, 4);
  CHECK(run(halves, 6) == run(whole, 6));
  const TensorMap state = load_tensors(whole).tensors;
  CHECK(state.at("adversary.stage.augment.probability").item<double>() != 0.5);
  int64_t heads = 0;
  for (const auto& [name, tensor] : state)
    if (name.starts_with("adversary.weights.heads.") && name.ends_with("out.weight")) {
      CHECK(tensor.abs().max().item<double>() > 0);
      ++heads;
    }
  CHECK(heads > 1);
}

TEST_CASE("a heavy discriminator leads the generator to what is real for it and not to the teacher's score",
          "[trainer][torch][slow]") {
  const LatentSet set = toy::latents();
  ScoreDistilConfig config = between(toy::x0_model("gan_score", -0.7), toy::x0_model("gan_start"));
  config.method = ScoreMethod::dmd;
  config.most_drift = 1e6;
  config.fake.lr = 1e-3;
  config.fake.gan_weight = 1;
  config.gan.weight = 30;
  config.gan.real = {.real = RealKind::teacher, .teacher = toy::x0_model("gan_real", 0.7), .teacher_steps = 1};
  const LoopConfig loop{.iterations = 250, .batch = 8, .seed = 1};
  ScoreDistilStage stage(config, loop, set);
  Loop training(stage, loop, {.lr = 2e-3, .warmup = 0, .weight_decay = 0});
  training.run_to(loop.iterations);
  const torch::NoGradGuard no_grad;
  const Tensor z = seeded_noise({1, 2, 3, 4}, {2, 8, 8}), text = set.text.slice(0, 0, 4).to(at::kFloat);
  CHECK(stage.drawn(z, text).mean().item<double>() > 0.3);
}

TEST_CASE("a plan counts what the discriminator sees and what its teacher draws", "[trainer]") {
  const std::string folder = toy::model("score_plan");
  ScoreDistilConfig config = between(folder, folder);
  config.method = ScoreMethod::dmd;
  config.guidance = 2;
  config.fake.steps = 5;
  std::vector<std::string> notes;
  const auto planned = [&] { return planned_networks(config, {"", notes}); };
  CHECK(planned().size() == 3);
  CHECK((planned().at(2).passes.trained == 5 && planned().at(2).passes.through == 0));
  config.gan = {.weight = 1e-3,
                .real = {.real = RealKind::teacher, .teacher = folder, .teacher_steps = 8},
                .contest = {.r1 = {.weight = 1, .every = 4}, .augment = {}}};
  CHECK((planned().at(2).passes.trained == 5 * 3.25 && planned().at(2).passes.through == 1));
  CHECK(planned().at(3).passes.plain == 5 * 8);
}

TEST_CASE("a discriminator that its configuration turns off, or that would read a guided score, is refused",
          "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("score_off");
  ScoreDistilConfig config = between(folder, folder);
  config.gan.contest.augment.probability = 0.5;
  CHECK_THROWS_WITH(ScoreDistilStage(config, {}, set), Contains("stage.gan.weight is 0"));
  config.gan.weight = 1e-3;
  config.fake.guidance = 2;
  CHECK_THROWS_WITH(ScoreDistilStage(config, {}, set),
                    Contains("stage.fake.guidance is 2.0; allowed with stage.gan: 1"));
  config.fake.guidance = 1;
  config.captions = "prompts.txt";
  CHECK_THROWS_WITH(ScoreDistilStage(config, {}, set), Contains("stage.captions have no pictures"));
  config.gan.real.real = RealKind::teacher;
  CHECK_THROWS_WITH(ScoreDistilStage(config, {}, set), Contains("stage.gan.teacher is empty"));
}

TEST_CASE("a generator whose samples leave the data is stopped, with the channel", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("score_drift");
  ScoreDistilConfig config = between(folder, folder);
  config.most_drift = 0;
  const LoopConfig loop{.iterations = 100, .batch = 2};
  ScoreDistilStage stage(config, loop, set);
  const torch::NoGradGuard no_grad;
  for (const auto& [name, weight] : stage.weights())
    if (name.starts_with("conv_out")) weight.mul_(20);
  CHECK_NOTHROW(stage.watch(99));
  CHECK_THROWS_WITH(stage.watch(100), Contains("iteration 100: the ") && Contains("of the drawn latents is") &&
                                          Contains("stage.most_drift allows 0"));
}

TEST_CASE("a fake score that has diverged ends the training, and one that begins far off does not",
          "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("score_diverged");
  ScoreDistilConfig config = between(folder, folder);
  config.most_drift = 1e6;
  ScoreDistilStage stage(config, {.iterations = 100, .batch = 2}, set);
  CHECK_NOTHROW(stage.watch(100));
  const torch::NoGradGuard no_grad;
  for (const auto& [name, weight] : stage.adversary()->stage->weights())
    if (name.starts_with("conv_out")) weight.mul_(20);
  CHECK_NOTHROW(stage.watch(150));
  CHECK_THROWS_WITH(stage.watch(200), Contains("iteration 200: the fake score's squared error is") &&
                                          Contains("it has diverged. A lower stage.fake.lr"));
}

TEST_CASE("scores of other diffusions and timesteps that a teacher lacks are refused", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("score_one");
  ModelCard card;
  card.prediction = Prediction::x0;
  const std::string other = toy::model("score_other", card);
  CHECK_THROWS_AS(ScoreDistilStage(between(folder, other), {}, set), ConfigError);
  ScoreDistilConfig config = between(folder, folder);
  config.high = 1000;
  CHECK_THROWS_WITH(ScoreDistilStage(config, {}, set), Contains("stage.high is 1000; allowed: less than the 1000"));
  config.high = 10;
  CHECK_THROWS_WITH(ScoreDistilStage(config, {}, set), Contains("stage.low is 20; allowed: at most high, 10"));
}
