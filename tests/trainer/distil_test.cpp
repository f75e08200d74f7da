// Distillation: two steps of the teacher in closed form, compared with explicit stepping and with a Gaussian whose
// exact solution is known.
#include "trainer/distil.h"

#include <ATen/ATen.h>

#include <numeric>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

double kappa(const NoiseSchedule& schedule, int64_t t) { return schedule.s(t) / schedule.a(t); }

// What the teacher's noises make of z: the x0 of each of its steps, and z at their end.
struct Stepped {
  std::vector<double> x0;
  double z;
};
Stepped stepped(const NoiseSchedule& schedule, const TeacherSteps& steps, const std::vector<double>& z_and_noises) {
  Stepped found{.x0 = {}, .z = z_and_noises[0]};
  for (size_t i = 0; i < steps.t.size(); ++i) {
    const double noise = z_and_noises[i + 1];
    const double x0 = (found.z - schedule.s(steps.t[i]) * noise) / schedule.a(steps.t[i]);
    const int64_t next = i + 1 < steps.t.size() ? steps.t[i + 1] : steps.end;
    found.x0.push_back(x0);
    found.z = next < 0 ? x0 : schedule.a(next) * x0 + schedule.s(next) * noise;
  }
  return found;
}

// The student's x0 for scalars, computed with the shares.
double by_share(const NoiseSchedule& schedule, const TeacherSteps& steps, const std::vector<double>& z_and_noises) {
  const Stepped teacher = stepped(schedule, steps, z_and_noises);
  const std::vector<double> share = shares(schedule, steps);
  return std::inner_product(share.begin(), share.end(), teacher.x0.begin(), 0.0);
}

// The same by stepping to the end and solving for the x0 that leads there in one step (arXiv 2202.00512, appendix G).
double by_stepping(const NoiseSchedule& schedule, const TeacherSteps& steps, const std::vector<double>& z_and_noises) {
  const double z = z_and_noises[0], z_end = stepped(schedule, steps, z_and_noises).z;
  if (steps.end < 0) return z_end;
  const double fall = schedule.s(steps.end) / schedule.s(steps.t[0]);
  return (z_end - fall * z) / (schedule.a(steps.end) - fall * schedule.a(steps.t[0]));
}

// Of a student that takes so many steps, each for so many of the teacher's.
std::vector<TeacherSteps> steps_for(int64_t student, int64_t each, int64_t schedule_steps = 1000) {
  DistilConfig config;
  config.steps = student;
  config.teacher_steps = each;
  return teacher_steps(config, schedule_steps);
}

DistilConfig toy_config(const std::string& teacher) {
  DistilConfig config;
  config.teacher = teacher;
  config.steps = 4;
  return config;
}

}  // namespace

TEST_CASE("8 student steps take the teacher's 16 by two, and one step all of them", "[trainer]") {
  const std::vector<TeacherSteps> wanted{{{999, 937}, 874}, {{874, 811}, 749}, {{749, 687}, 624}, {{624, 561}, 499},
                                         {{499, 437}, 374}, {{374, 311}, 249}, {{249, 187}, 124}, {{124, 61}, -1}};
  CHECK((steps_for(8, 2) == wanted));
  const std::vector<TeacherSteps> one{{{999, 874, 749, 624, 499, 374, 249, 124}, -1}};
  CHECK((steps_for(1, 8) == one));
  CHECK_THROWS_WITH(steps_for(8, 200), Contains("is 1600; allowed: at most the 1000 timesteps"));
}

TEST_CASE("a teacher's steps become one as stepping and solving for x0 says, to 1e-12", "[trainer]") {
  const NoiseSchedule schedule((ScheduleConfig()));
  for (const int64_t each : {2, 3, 7})
    for (const int64_t n : {1, 3, 8, 13, 32})
      for (const TeacherSteps& steps : steps_for(n, each)) {
        const std::vector<double> values{0.7, -1.3, 0.4, 0.9, -0.2, 1.1, -0.8, 0.3};
        const double wanted = by_stepping(schedule, steps, values);
        CHECK(std::abs(by_share(schedule, steps, values) - wanted) < 1e-12 * std::max(1.0, std::abs(wanted)) * 40);
      }
}

TEST_CASE("the student's noise is the known mixture of the teacher's two", "[trainer]") {
  const NoiseSchedule schedule((ScheduleConfig()));
  const std::array golden{0.603949, 0.597401, 0.575783, 0.570048, 0.548721, 0.542674, 0.515253, 0.363585};
  const auto steps = steps_for(8, 2);
  for (size_t i = 0; i < steps.size(); ++i) {
    const int64_t start = steps[i].t[0];
    const auto noise = [&](double e1, double e2) {
      return -schedule.a(start) * by_share(schedule, steps[i], {0, e1, e2}) / schedule.s(start);
    };
    const double k = kappa(schedule, start), middle = kappa(schedule, steps[i].t[1]);
    const double end = steps[i].end < 0 ? 0 : kappa(schedule, steps[i].end);
    CHECK(noise(1, 0) == Approx(golden[i]).margin(5e-7));
    CHECK(noise(0, 1) == Approx(1 - golden[i]).margin(5e-7));
    CHECK(noise(1, 0) == Approx((k - middle) / (k - end)).epsilon(1e-12));
  }
}

TEST_CASE("a schedule without signal at its end has finite shares there", "[trainer]") {
  ScheduleConfig config;
  config.zero_terminal_snr = true;
  const double share = shares(NoiseSchedule(config), steps_for(8, 2)[0])[0];
  CHECK(share > 0);
  CHECK(share < 1);
}

// x0 ~ N(mean, deviation^2): the best noise is known, so a student that predicts stepped_x0 is the exact solution.
TEST_CASE("a student of the exact Gaussian teacher ends where the teacher's steps end", "[trainer]") {
  const NoiseSchedule schedule((ScheduleConfig()));
  const double mean = 0.8, variance = 0.3;
  const Teacher teacher = [&](const Tensor& x, const Tensor& t) {
    const Tensor a = schedule.a(t), s = schedule.s(t);
    const Tensor eps = s * (x - a * mean) / (a.square() * variance + s.square());
    return Parts{(x - s * eps) / a, eps};
  };
  const Tensor noise = at::linspace(-2, 2, 5).view({5, 1, 1, 1});
  const auto run = [&](int64_t steps, const Denoiser& x0_of) {
    const SamplerConfig config{.steps = steps, .guidance = 1};
    return sample(Diffusion{schedule, Prediction::x0}, config, LatentNoise{noise, {}}, x0_of);
  };
  const int64_t n = GENERATE(1, 8), each = GENERATE(2, 4);
  const Tensor of_teacher = run(n * each, [&](const Tensor& x, int64_t t) { return teacher(x, at::full({5}, t)).x0; });
  const Tensor of_student = run(n, [&](const Tensor& x, int64_t t) {
    for (const TeacherSteps& steps : steps_for(n, each))
      if (steps.t[0] == t) {
        const Tensor share = at::tensor(shares(schedule, steps), at::kDouble).to(at::kFloat);
        return stepped_x0(schedule, {at::tensor(steps.t, at::kLong).expand({5, -1}), share.expand({5, -1})}, x,
                          teacher);
      }
    throw std::logic_error("not a step of the student");
  });
  CHECK(at::allclose(of_student, of_teacher, 1e-4, 1e-4));
}

TEST_CASE("a student learns two steps of its teacher, with guidance drawn, absorbed or none", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  DistilConfig config = toy_config(toy::model("teacher"));
  config.original = GENERATE(0.0, 0.2);
  config.guidance.absorbed = GENERATE(false, true);
  config.guidance.probability = config.guidance.absorbed ? GENERATE(0.0, 1.0) : GENERATE(0.0, 0.5, 1.0);
  const LoopConfig loop{.iterations = 30, .batch = 4, .seed = 1};
  DistilStage stage(config, loop, set);
  Loop training(stage, loop, {.lr = 3e-3, .warmup = 0});
  double loss = 0;
  training.run_to(loop.iterations, [&](const StepReport& report) { loss = report.loss; });
  CHECK(std::isfinite(loss));
}

TEST_CASE("guidance 1 in teacher and student is no guidance", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  DistilConfig config = toy_config(toy::model("teacher"));
  config.original = 0;
  const auto loss = [&](const DistilGuidance& guidance) {
    config.guidance = guidance;
    DistilStage stage(config, {.batch = 4}, set);
    return toy::loss_at(stage).item<double>();
  };
  const double without = loss({.probability = 0});
  CHECK(loss({.probability = 1, .low = 1, .high = 1}) == Approx(without).epsilon(1e-5));
  CHECK(loss({.probability = 1, .low = 4, .high = 4}) != Approx(without).epsilon(1e-3));
}

TEST_CASE("on its own trajectory a student's steps start where sampling with it would be", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  DistilConfig config = toy_config(toy::model("teacher"));
  config.inputs = DistilInputs::trajectory;
  config.original = 0;
  config.guidance = {.probability = 0, .absorbed = true};
  const DistilStage stage(config, {.batch = 8}, set);
  DistilBatch batch = DistilStage(config, {.batch = 8}, set).draw({0, generator_for(3, 0)});
  batch.t_N = at::tensor({0, 1, 2, 3, 3, 2, 1, 0}, at::kLong);

  const auto unet = load_part(config.teacher, "unet", make_plan(toy::unet()));
  std::vector<Tensor> seen;  // latents before each step
  sample(Diffusion{NoiseSchedule(ScheduleConfig{}), Prediction::v}, {.steps = 4, .guidance = 1},
         LatentNoise{batch.noise_NCHW, {}}, [&](const Tensor& x, int64_t t) {
           const torch::NoGradGuard no_grad;
           seen.push_back(x);
           return predicted(*unet, x, {at::full({8}, t, at::kLong), batch.text_NSC});
         });
  const Tensor starts = stage.start_of(batch);
  for (int64_t i = 0; i < 8; ++i) {
    INFO("example " << i);
    CHECK(at::allclose(starts[i], seen[size_t(batch.t_N[i].item<int64_t>())][i], 1e-4, 1e-5));
  }
}

TEST_CASE("on its own trajectory a student reads no picture", "[trainer][torch]") {
  LatentSet set = toy::latents();
  DistilConfig config = toy_config(toy::model("teacher"));
  config.inputs = DistilInputs::trajectory;
  config.original = 0;
  const auto loss = [&] {
    DistilStage stage(config, {.batch = 4}, set);
    return toy::loss_at(stage).item<double>();
  };
  const double before = loss();
  set.moments = at::full_like(set.moments, 3);
  CHECK(loss() == before);
  config.inputs = DistilInputs::pictures;
  CHECK(loss() != before);
}

TEST_CASE("captions without pictures and a share of the diffusion loss exclude each other's inputs",
          "[trainer][torch]") {
  const LatentSet set = toy::latents();
  DistilConfig config = toy_config(toy::model("teacher"));
  config.captions = "list.txt";
  CHECK_THROWS_WITH(DistilStage(config, {}, set), Contains("stage.captions") && Contains("\"trajectory\""));
  config.inputs = DistilInputs::trajectory;
  CHECK_THROWS_WITH(DistilStage(config, {}, set), Contains("stage.original is 0.2; allowed") && Contains(": 0"));
}

TEST_CASE("a student that starts from another prediction or schedule than its teacher's is refused",
          "[trainer][torch]") {
  const LatentSet set = toy::latents();
  ModelCard other;
  SECTION("prediction") {
    other.prediction = Prediction::epsilon;
    DistilConfig config = toy_config(toy::model("teacher"));
    config.start = toy::model("other", other);
    CHECK_THROWS_WITH(DistilStage(config, {}, set),
                      Contains(config.teacher) && Contains(config.start) && Contains("prediction: v and epsilon"));
  }
  SECTION("schedule") {
    other.schedule = ScheduleConfig{.steps = 500};
    DistilConfig config = toy_config(toy::model("teacher"));
    config.start = toy::model("other", other);
    CHECK_THROWS_WITH(DistilStage(config, {}, set), Contains("schedule") && Contains("1000") && Contains("500"));
  }
  SECTION("latents") {
    other.unet = toy::unet();
    other.unet->size = 16;
    DistilConfig config = toy_config(toy::model("other", other));
    CHECK_THROWS_WITH(DistilStage(config, {}, set), Contains("unet.size is 16; the latents have 8"));
  }
  SECTION("guidance") {
    DistilConfig config = toy_config(toy::model("teacher"));
    config.guidance.low = 20;
    CHECK_THROWS_WITH(DistilStage(config, {}, set),
                      Contains("stage.guidance.low is 20.0; allowed: at most high, 14.0"));
    config.guidance = {.probability = 0.1, .absorbed = true};
    CHECK_THROWS_WITH(DistilStage(config, {}, set),
                      Contains("stage.guidance.probability is 0.1; allowed with guidance"));
  }
  SECTION("an epsilon that says nothing at the last timestep") {
    other.prediction = Prediction::epsilon;
    other.schedule = ScheduleConfig{.zero_terminal_snr = true};
    CHECK_THROWS_WITH(DistilStage(toy_config(toy::model("other", other)), {}, set),
                      Contains("predicts epsilon on a schedule whose last timestep is noise without signal"));
  }
}
