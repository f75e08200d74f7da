#include "pipeline/schedule.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "pipeline/prediction.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("Stable Diffusion's alpha_bar has its golden values", "[pipeline]") {
  struct Row {
    int64_t t;
    double alpha_bar, a, s;
  };
  const Row row = GENERATE(values<Row>({{0, 0.9991500000, 0.99957491, 0.02915476},
                                        {1, 0.9982960278, 0.99914765, 0.04127920},
                                        {124, 0.8634075569, 0.92919726, 0.36958415},
                                        {249, 0.6754324137, 0.82184695, 0.56970833},
                                        {374, 0.4667102454, 0.68316195, 0.73026691},
                                        {499, 0.2776696505, 0.52694369, 0.84990020},
                                        {624, 0.1386441682, 0.37234952, 0.92809258},
                                        {749, 0.0566234916, 0.23795691, 0.97127571},
                                        {874, 0.0184327222, 0.13576716, 0.99074077},
                                        {999, 0.0046600985, 0.06826491, 0.99766723}}));
  const NoiseSchedule schedule({});
  INFO("t = " << row.t);
  CHECK(schedule.alpha_bar(row.t) == Approx(row.alpha_bar).epsilon(1e-7));
  CHECK(schedule.a(row.t) == Approx(row.a).margin(1e-8));
  CHECK(schedule.s(row.t) == Approx(row.s).margin(1e-8));
  const Tensor t = at::full({1}, row.t, at::kLong);
  CHECK(schedule.a(t).item<float>() == float(schedule.a(row.t)));
  CHECK(schedule.s(t).item<float>() == float(schedule.s(row.t)));
}

TEST_CASE("the other schedules of beta have the values of diffusers 0.42.1", "[pipeline]") {
  struct Row {
    int64_t t;
    double linear, cosine;  // DDIMScheduler(beta_start=0.0001, beta_end=0.02).alphas_cumprod[t]
  };
  const Row row = GENERATE(values<Row>({{0, 0.9998999833, 0.9999586939},
                                        {249, 0.5240853428, 0.8470122218},
                                        {499, 0.0785872340, 0.4938434660},
                                        {749, 0.0033505505, 0.1442721039},
                                        {998, 4.118194192e-05, 2.428766265e-06},
                                        {999, 4.035830352e-05, 2.428734990e-09}}));
  const ScheduleConfig linear{.beta_start = 0.0001, .beta_end = 0.02, .betas = BetaSchedule::linear};
  const ScheduleConfig cosine{.betas = BetaSchedule::squaredcos_cap_v2};
  INFO("t = " << row.t);
  CHECK(NoiseSchedule(linear).alpha_bar(row.t) == Approx(row.linear).epsilon(2e-5));  // diffusers sums in float32
  CHECK(NoiseSchedule(cosine).alpha_bar(row.t) == Approx(row.cosine).epsilon(2e-5));
}

TEST_CASE("a list of betas of its own takes the place of a formula", "[pipeline]") {
  const NoiseSchedule schedule({.steps = 3, .trained_betas = {0.1, 0.2, 0.5}});
  CHECK(schedule.alpha_bar(0) == Approx(0.9));
  CHECK(schedule.alpha_bar(1) == Approx(0.72));
  CHECK(schedule.alpha_bar(2) == Approx(0.36));
  CHECK_THROWS_WITH(NoiseSchedule({.steps = 4, .trained_betas = {0.1}}),
                    Catch::Contains("schedule.trained_betas holds 1 numbers; allowed: one for each of 4 steps"));
}

TEST_CASE("the clean latent has no noise", "[pipeline]") {
  const NoiseSchedule schedule({});
  CHECK(schedule.a(-1) == 1.0);
  CHECK(schedule.s(-1) == 0.0);
}

TEST_CASE("with zero terminal SNR the signal falls from its first amplitude to exactly nothing", "[pipeline]") {
  const NoiseSchedule schedule({.zero_terminal_snr = true}), plain({});
  CHECK(schedule.a(0) == Approx(0.99957491).margin(1e-8));
  CHECK(schedule.a(499) == Approx(0.49229987).margin(1e-8));
  CHECK(schedule.a(998) == Approx(0.00044361).margin(1e-8));
  CHECK(schedule.a(999) == 0);
  CHECK(schedule.s(999) == 1);
  CHECK(schedule.a(0) == Approx(plain.a(0)).epsilon(1e-12));
  for (int64_t t = 1; t < 1000; ++t) REQUIRE(schedule.a(t) < schedule.a(t - 1));
}

TEST_CASE("zero terminal SNR is refused where the signal does not fall", "[pipeline]") {
  const ScheduleConfig config = GENERATE(values<ScheduleConfig>(
      {{.steps = 1, .zero_terminal_snr = true}, {.beta_start = 0, .beta_end = 0, .zero_terminal_snr = true}}));
  CHECK_THROWS_WITH(NoiseSchedule(config), Catch::Contains("schedule.zero_terminal_snr"));
}

TEST_CASE("timesteps are the published lists, rounded half to even", "[pipeline]") {
  using List = std::vector<int64_t>;
  CHECK(timesteps(Spacing::leading, 8, 1000) == List{876, 751, 626, 501, 376, 251, 126, 1});
  CHECK(timesteps(Spacing::trailing, 8, 1000) == List{999, 874, 749, 624, 499, 374, 249, 124});
  CHECK(timesteps(Spacing::trailing, 4, 1000) == List{999, 749, 499, 249});
  CHECK(timesteps(Spacing::trailing, 1, 1000) == List{999});
  CHECK(timesteps(Spacing::trailing, 16, 1000) ==
        List{999, 937, 874, 811, 749, 687, 624, 561, 499, 437, 374, 311, 249, 187, 124, 61});
  CHECK(timesteps(Spacing::trailing, 13, 1000)[1] == 922);
  CHECK(timesteps(Spacing::linspace, 8, 1000) == List{999, 856, 714, 571, 428, 285, 143, 0});
  CHECK(timesteps(Spacing::linspace, 3, 1000) == List{999, 500, 0});
  CHECK(timesteps(Spacing::linspace, 2, 1000) == List{999, 0});
  CHECK(timesteps(Spacing::linspace, 1, 1000) == List{0});
  CHECK(timesteps(Spacing::leading, 1, 1000) == List{1});
}

TEST_CASE("every number of steps gives as many different timesteps, falling, within the schedule", "[pipeline]") {
  const Spacing spacing = GENERATE(Spacing::trailing, Spacing::leading, Spacing::linspace);
  for (int64_t n = 1; n <= 1000; ++n) {
    const auto list = timesteps(spacing, n, 1000);
    INFO("n = " << n);
    REQUIRE(int64_t(list.size()) == n);
    REQUIRE(list.front() <= 999);
    REQUIRE(list.back() >= 0);
    REQUIRE(std::adjacent_find(list.begin(), list.end(), std::less_equal<>()) == list.end());
  }
}

TEST_CASE("a number of steps outside the schedule is refused with the range", "[pipeline]") {
  const int64_t n = GENERATE(0, -1, 1001);
  const Spacing spacing = GENERATE(Spacing::trailing, Spacing::leading, Spacing::linspace);
  CHECK_THROWS_WITH(timesteps(spacing, n, 1000), Catch::Contains(std::to_string(n) + "; allowed: 1 to 1000"));
}

TEST_CASE("every prediction holds the same two parts of a noisy latent", "[pipeline]") {
  const NoiseSchedule schedule({});
  const Prediction prediction = GENERATE(Prediction::epsilon, Prediction::v, Prediction::x0);
  const Tensor t = at::tensor({0, 374, 874, 999}, at::kLong);
  const Amplitudes at_t{schedule.a(t).to(at::kDouble), schedule.s(t).to(at::kDouble)};
  const Tensor x0 = at::randn({4, 3, 5, 5}, at::kDouble), eps = at::randn({4, 3, 5, 5}, at::kDouble);
  const Tensor x_t = at_t.a * x0 + at_t.s * eps;
  const Parts found = parts(prediction, target(prediction, {x0, eps}, at_t), x_t, at_t);
  CHECK(at::allclose(found.x0, x0, 1e-5, 1e-5));  // a^2 + s^2 is 1 to float32
  CHECK(at::allclose(found.eps, eps, 1e-5, 1e-5));
}

TEST_CASE("squared errors of the predictions differ by powers of the signal-to-noise ratio", "[pipeline]") {
  const NoiseSchedule schedule({});
  const int64_t t = GENERATE(1, 499, 999);
  const Amplitudes at_t{at::scalar_tensor(schedule.a(t), at::kDouble), at::scalar_tensor(schedule.s(t), at::kDouble)};
  const double snr = schedule.alpha_bar(t) / (1 - schedule.alpha_bar(t));
  const Tensor x_t = at::randn({100}, at::kDouble), right = at::randn({100}, at::kDouble),
               wrong = at::randn({100}, at::kDouble);
  const auto error = [&](Prediction prediction) {
    const auto said = [&](const Tensor& eps) {
      return target(prediction, parts(Prediction::epsilon, eps, x_t, at_t), at_t);
    };
    return at::mse_loss(said(wrong), said(right)).item<double>();
  };
  CHECK(error(Prediction::epsilon) == Approx(snr * error(Prediction::x0)));
  CHECK(error(Prediction::v) == Approx((1 + snr) * error(Prediction::x0)));
}
