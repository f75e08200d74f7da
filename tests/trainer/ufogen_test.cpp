// The one-step finetune: the inputs of both players are right, and they learn a point and a mixture.
#include "trainer/ufogen.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>

#include "networks/autocast.h"
#include "pipeline/drawer.h"
#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

const double ln2 = std::log(2.0);

UfogenConfig starting(const std::string& start, DiscriminatorKind kind = DiscriminatorKind::unet) {
  UfogenConfig config;
  config.start = start;
  config.adversary.discriminator = kind;
  return config;
}

// With all that keeps a discriminator from knowing the data by heart; the augmentation changes within a few iterations.
UfogenConfig kept_from_memorising(const std::string& start) {
  UfogenConfig config = starting(start);
  config.real = {.real = RealKind::teacher, .teacher = start, .teacher_steps = 2};
  config.adversary.every = 1;
  config.adversary.contest = {.r1 = {.weight = 0.1, .every = 2},
                              .augment = {.probability = 0.5, .adaptive = true, .rise = 100}};
  return config;
}

double loss_of(Stage& stage) { return toy::loss_at(stage).item<double>(); }

// Latents that all have one value.
LatentSet one_point(double value) {
  LatentSet set = toy::latents();
  set.moments.slice(1, 0, 2).fill_(value * 1.2);  // the scale of the toy
  set.moments.slice(1, 2, 4).fill_(-20);
  set.text.copy_(set.empty_text.expand_as(set.text));
  return set;
}

// x0 predicted from pure noise at the last timestep, N x C x H x W.
Tensor drawn(const Network& unet, const LatentSet& set, int64_t n, Prediction prediction = Prediction::v) {
  torch::NoGradGuard no_grad;
  const Diffusion diffusion{NoiseSchedule((ScheduleConfig())), prediction};
  std::vector<uint64_t> seeds;
  for (int64_t i = 0; i < n; ++i) seeds.push_back(uint64_t(i));
  PictureTexts texts{.rows = {}, .chosen_N = at::zeros({n}, at::kLong)};
  texts.rows.text_NSC = set.empty_text.to(at::kFloat);
  const Drawer drawer{.diffusion = diffusion, .sampler = {.steps = 1, .guidance = 1}, .scale = set.scale};
  return drawer.latents(unet, texts, seeds);
}

NetworkPtr trained(const UfogenConfig& config, const LoopConfig& loop, const LatentSet& set) {
  UfogenStage stage(config, loop, set);
  Loop training(stage, loop, {.lr = 2e-3, .warmup = 0, .weight_decay = 0, .ema = 0.98});
  training.run_to(loop.iterations);
  auto unet = make_network(make_plan(toy::unet()));
  load_weights(*unet, training.ema(), "moving average");
  return unet;
}

UfogenConfig taught(const std::string& start, const std::string& teacher) {
  UfogenConfig config = starting(start);
  config.real = {.real = RealKind::teacher, .teacher = teacher, .teacher_steps = 1};
  config.pure_noise = 1;
  return config;
}

}  // namespace

TEST_CASE("every logit of a new discriminator is 0", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  UfogenConfig config = starting(toy::model("start"), GENERATE(DiscriminatorKind::unet, DiscriminatorKind::heads));
  config.reconstruction_weight = 0;
  UfogenStage stage(config, {.batch = 4}, set);
  const Autocast autocast({.device = at::kCPU, .on = GENERATE(false, true), .dtype = at::kBFloat16});
  CHECK(loss_of(stage) == Approx(ln2));  // the losses are float32: bfloat16 is less precise
  CHECK(loss_of(*stage.adversary()->stage) == Approx(2 * ln2));
}

TEST_CASE("only the heads of a frozen discriminator are trained", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  UfogenStage whole(starting(toy::model("start")), {.batch = 4}, set);
  UfogenStage heads(starting(toy::model("start"), DiscriminatorKind::heads), {.batch = 4}, set);
  const auto count = [](const TensorMap& weights) {
    int64_t sum = 0;
    for (const auto& [name, weight] : weights) sum += weight.numel();
    return sum;
  };
  CHECK(count(heads.adversary()->stage->weights()) < count(whole.adversary()->stage->weights()));
  for (const auto& [name, weight] : heads.adversary()->stage->weights())
    CHECK((name.starts_with("down") || name.starts_with("mid")));
}

TEST_CASE("each player trains only its own weights", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig loop{.iterations = 3, .batch = 4};
  UfogenConfig config = starting(toy::model("start"));
  config.adversary.every = 2;
  UfogenStage stage(config, loop, set);
  Loop training(stage, loop, {.lr = 1e-3, .warmup = 0});
  const auto copy = [](const TensorMap& weights) {
    TensorMap copied;
    for (const auto& [name, weight] : weights) copied[name] = weight.detach().clone();
    return copied;
  };
  const auto same = [](const TensorMap& x, const TensorMap& y) {
    return std::equal(x.begin(), x.end(), y.begin(),
                      [](const auto& a, const auto& b) { return at::equal(a.second, b.second); });
  };
  const TensorMap generator = copy(stage.weights());
  training.run_to(1);
  const TensorMap discriminator = copy(stage.adversary()->stage->weights());
  CHECK(!same(generator, stage.weights()));
  training.run_to(2);  // only the generator steps
  CHECK(same(discriminator, stage.adversary()->stage->weights()));
  training.run_to(3);
  CHECK(!same(discriminator, stage.adversary()->stage->weights()));
}

TEST_CASE("two players resume to the same bytes", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig config{.iterations = 15, .batch = 4, .seed = 3};
  const std::string start = toy::model("start");
  const auto players = GENERATE_COPY(starting(start), kept_from_memorising(start));
  const auto run = [&](const std::string& file, int64_t to) {
    UfogenStage stage(players, config, set);
    Loop loop(stage, config, {.lr = 1e-3, .warmup = 0});
    loop.resume(file, "identity");
    loop.run_to(to);
    loop.save(file, "identity");
    return toy::bytes_of(file);
  };
  const std::string halves = toy::temporary("halves"), whole = toy::temporary("whole");
  for (const auto& file : {halves, whole}) std::filesystem::remove(file);
  run(halves, 11);  // between two adaptations of the augmentation
  CHECK(run(halves, 15) == run(whole, 15));
}

TEST_CASE("a checkpoint without the state of an adaptive augmentation is refused", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig config{.iterations = 2, .batch = 4};
  UfogenStage stage(kept_from_memorising(toy::model("start")), config, set);
  const std::string file = toy::temporary("lacking");
  Loop(stage, config, {}).save(file, "identity");
  TensorFile content = load_tensors(file);
  REQUIRE(content.tensors.erase("adversary.stage.augment.probability") == 1);
  save_tensors(file, content);
  Loop loop(stage, config, {});
  CHECK_THROWS_WITH(loop.resume(file, "identity"), Contains(file) && Contains("stage.augment.probability is missing"));
}

TEST_CASE("an augmentation that never happens leaves every bit of a training", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig loop{.iterations = 6, .batch = 4};
  const std::string start = toy::model("start");
  const auto weights = [&](const AugmentConfig& augment) {
    UfogenConfig config = starting(start);
    config.adversary.contest.augment = augment;
    UfogenStage stage(config, loop, set);
    Loop training(stage, loop, {.lr = 1e-3, .warmup = 0});
    training.run_to(6);
    TensorMap copies = stage.weights();
    for (auto& [name, weight] : copies) weight = weight.detach().clone();
    return copies;
  };
  const TensorMap without = weights({}), never = weights({.adaptive = true, .rise = 1000000000000});
  const TensorMap always = weights({.probability = 1});
  const auto same_as = [&](const TensorMap& other) {
    return std::ranges::all_of(without, [&](const auto& item) { return at::equal(item.second, other.at(item.first)); });
  };
  CHECK(same_as(never));
  CHECK(!same_as(always));
}

TEST_CASE("a checkpoint without the discriminator is refused", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig config{.iterations = 2, .batch = 4};
  UfogenStage stage(starting(toy::model("start")), config, set);
  const std::string file = toy::temporary("lone");
  Loop(stage, config, {}).save(file, "identity");
  TensorFile content = load_tensors(file);
  std::erase_if(content.tensors, [](const auto& item) { return item.first.starts_with("adversary."); });
  save_tensors(file, content);
  Loop loop(stage, config, {});
  CHECK_THROWS_WITH(loop.resume(file, "identity"), Contains(file) && Contains("is missing"));
}

TEST_CASE("inputs of pure noise have only the adversarial loss", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  UfogenConfig config = starting(toy::model("start"));
  config.pure_noise = 1;
  UfogenStage stage(config, {.batch = 4}, set);
  CHECK(loss_of(stage) == Approx(ln2));
}

TEST_CASE("delta is reported as the signal-to-noise ratios at both of its timesteps", "[trainer]") {
  const NoiseGap gap = noise_gap(NoiseSchedule(ScheduleConfig{}), UfogenConfig{});
  CHECK((gap.t == 999 && gap.t_less == 749));
  CHECK(gap.snr == Approx(0.00468192).epsilon(1e-5));
  CHECK(gap.snr_less == Approx(0.0600222).epsilon(1e-5));
  UfogenConfig floored;
  floored.floor = 800;
  CHECK(noise_gap(NoiseSchedule(ScheduleConfig{}), floored).t_less == 800);
}

TEST_CASE("features without a projected discriminator, and one without features, are refused", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  UfogenConfig config = starting(toy::model("start"));
  config.adversary.features = "lite.safetensors";
  CHECK_THROWS_WITH(
      UfogenStage(config, {}, set),
      Contains("stage.adversary.features is \"lite.safetensors\"; allowed with discriminator \"unet\": none"));
  config = starting(config.start, DiscriminatorKind::projected);
  CHECK_THROWS_WITH(UfogenStage(config, {}, set), Contains("stage.adversary.features is \"\"; allowed"));
}

TEST_CASE("captions without pictures are refused where pictures play a part", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("start");
  UfogenConfig config = taught(folder, folder);
  config.captions = "prompts.txt";
  CHECK_NOTHROW(UfogenStage(config, {}, set));
  config.pure_noise = 0.9;
  CHECK_THROWS_WITH(UfogenStage(config, {}, set), Contains("stage.captions have no pictures"));
  config.pure_noise = 1;
  config.real = {};
  CHECK_THROWS_WITH(UfogenStage(config, {}, set), Contains("stage.captions have no pictures"));
}

TEST_CASE("a floor beyond the schedule is refused", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  UfogenConfig config = starting(toy::model("start"));
  config.floor = 1000;
  CHECK_THROWS_WITH(UfogenStage(config, {}, set), Contains("stage.floor is 1000; allowed: less than the 1000"));
}

TEST_CASE("a generator that draws as its teacher does has nothing to regress on", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("start");
  UfogenConfig config = taught(folder, folder);
  config.pure_noise = GENERATE(0.0, 0.5, 1.0);
  config.reconstruction = Reconstruction::snr_plus_one;
  config.adversarial_weight = 0;
  const auto regression = [&](const RealConfig& real) {
    config.real = real;
    UfogenStage stage(config, {.batch = 8}, set);
    return loss_of(stage);
  };
  CHECK(regression(config.real) < 1e-9);
  CHECK(regression({.real = RealKind::teacher, .teacher = folder, .guidance = 3, .teacher_steps = 1}) > 1e-4);
}

TEST_CASE("with a teacher and pure noise the latents of the data play no part", "[trainer][torch]") {
  UfogenConfig config = taught(toy::model("start"), toy::model("teacher"));
  config.real.teacher_steps = 2;
  config.adversary.discriminator = DiscriminatorKind::heads;
  const auto losses = [&](const LatentSet& set) {
    UfogenStage stage(config, {.batch = 4}, set);
    const torch::NoGradGuard no_grad;
    Stage& opponent = *stage.adversary()->stage;
    for (const auto& [name, weight] : opponent.weights()) weight.fill_(0.1);
    return std::pair{loss_of(stage), loss_of(opponent)};
  };
  LatentSet other = toy::latents();
  other.moments.mul_(-3);
  const auto own = losses(toy::latents());
  CHECK(losses(other) == own);
  config.real = {};
  CHECK(losses(toy::latents()) != own);
}

TEST_CASE("a plan counts the teacher's drawings for both players, and its estimates", "[trainer]") {
  const std::string folder = toy::model("start");
  UfogenConfig config = taught(folder, folder);
  config.real.teacher_steps = 8;
  config.real.guidance = 2;
  config.adversary.every = 2;
  std::vector<std::string> notes;
  const auto passes = [&] { return planned_networks(config, {"", notes}).at(2).passes.plain; };
  CHECK(passes() == (1 + 0.5) * 8 * 2);
  config.pure_noise = 0.5;
  CHECK(passes() == (1 + 0.5) * 8 * 2 + 2);
  config.reconstruction_weight = 0;
  CHECK(passes() == 0.5 * 8 * 2);
  config.real = {};
  CHECK(planned_networks(config, {"", notes}).size() == 2);
}

TEST_CASE("a plan of a projected discriminator has a decoder and a classifier for a discriminator", "[trainer]") {
  UfogenConfig config = starting(toy::model("start"), DiscriminatorKind::projected);
  std::vector<std::string> notes;
  const auto networks = planned_networks(config, {"", notes});
  REQUIRE(networks.size() == 3);
  for (const auto& [i, name] : {std::pair{1, "decoder"}, {2, "classifier"}}) {
    const PlannedNetwork& network = networks.at(size_t(i));
    CHECK((network.name == name && !network.trained));
    CHECK((network.passes.through == 1 && network.passes.plain == 2 * 0.5));
  }
}

TEST_CASE("one step draws what the teacher draws and not the data, by regression alone", "[trainer][torch][slow]") {
  UfogenConfig config = taught(toy::x0_model("x0_start"), toy::x0_model("x0_teacher", 0.7));
  config.adversarial_weight = 0;
  config.reconstruction = Reconstruction::snr_plus_one;
  const auto unet = trained(config, {.iterations = 300, .batch = 4, .seed = 1}, one_point(-0.7));
  CHECK((drawn(*unet, one_point(-0.7), 8, Prediction::x0) - 0.7).abs().mean().item<double>() < 0.1);
}

TEST_CASE("one step draws what the teacher draws and not the data, by the discriminator alone",
          "[trainer][torch][slow]") {
  UfogenConfig config = taught(toy::x0_model("x0_start"), toy::x0_model("x0_teacher", 0.7));
  config.reconstruction_weight = 0;
  config.delta = 800;
  config.adversary.lr = 1e-3;
  config.adversary.every = 1;
  const auto unet = trained(config, {.iterations = 600, .batch = 8, .seed = 1}, one_point(-0.7));
  CHECK((drawn(*unet, one_point(-0.7), 8, Prediction::x0) - 0.7).abs().mean().item<double>() < 0.15);
}

TEST_CASE("one step draws the point that all data are, by regression alone", "[trainer][torch][slow]") {
  const LatentSet set = one_point(0.7);
  UfogenConfig config = starting(toy::model("start"));
  config.adversarial_weight = 0;
  config.reconstruction = Reconstruction::snr_plus_one;
  config.pure_noise = 0;
  const auto unet = trained(config, {.iterations = 600, .batch = 4, .seed = 1}, set);
  CHECK((drawn(*unet, set, 8) - 0.7).abs().mean().item<double>() < 0.1);
}

TEST_CASE("one step draws the point that all data are, by the discriminator alone", "[trainer][torch][slow]") {
  const LatentSet set = one_point(0.7);
  UfogenConfig config = starting(toy::model("start"));
  config.reconstruction_weight = 0;
  config.pure_noise = 1;
  config.delta = 800;  // at 250 its input would be almost only noise
  config.adversary.lr = 1e-3;
  config.adversary.every = 1;
  const auto unet = trained(config, {.iterations = 3000, .batch = 16, .seed = 1}, set);
  CHECK((drawn(*unet, set, 8) - 0.7).abs().mean().item<double>() < 0.1);
}

// Two points that only the noise distinguishes: regression alone would draw their mean.
TEST_CASE("one step draws both points of a mixture", "[trainer][torch][slow]") {
  LatentSet set = one_point(1);
  set.moments.slice(1, 0, 2).slice(0, 0, 6).mul_(-1);
  UfogenConfig config = starting(toy::model("start"));
  config.reconstruction_weight = 0.1;
  config.pure_noise = 0.5;
  config.adversary.lr = 1e-3;
  config.adversary.every = 1;
  const auto unet = trained(config, {.iterations = 3000, .batch = 16, .seed = 1}, set);
  const Tensor value = drawn(*unet, set, 64).flatten(1).mean(1);
  const double high = (value > 0.5).to(at::kFloat).mean().item<double>();
  const double low = (value < -0.5).to(at::kFloat).mean().item<double>();
  INFO(value);
  CHECK(high > 0.2);
  CHECK(low > 0.2);
}

TEST_CASE("without an adversary's say there is none", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  UfogenConfig config = starting(toy::model("start"));
  config.adversarial_weight = 0;
  CHECK(!UfogenStage(config, {}, set).adversary());
  std::vector<std::string> notes;
  CHECK(planned_networks(config, {"", notes}).size() == 1);
  config.reconstruction_weight = 0;
  CHECK_THROWS_WITH(UfogenStage(config, {}, set),
                    Contains("stage.adversarial_weight and stage.reconstruction_weight are 0"));
}
