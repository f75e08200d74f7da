// The sampler against a denoiser that is exact: for x0 ~ N(m, S) the best eps of x_t is s (a^2 S + s^2)^-1 (x_t - a m),
// and the probability flow from x_T has the closed form m + sqrt(S / (a_T^2 S + s_T^2)) (x_T - a_T m).
#include "pipeline/sampler.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "networks/unet.h"
#include "tests/catch.h"

using namespace mds;

namespace {

struct Gaussian {
  Tensor mean, variance;  // 1 x C x 1 x 1

  Denoiser denoiser(const NoiseSchedule& schedule, Prediction prediction = Prediction::epsilon) const {
    return [this, &schedule, prediction](const Tensor& x, int64_t t) {
      const Amplitudes at_t{at::scalar_tensor(schedule.a(t), at::kDouble),
                            at::scalar_tensor(schedule.s(t), at::kDouble)};
      const Tensor eps = at_t.s / (at_t.a * at_t.a * variance + at_t.s * at_t.s) * (x - at_t.a * mean);
      return target(prediction, parts(Prediction::epsilon, eps, x, at_t), at_t);
    };
  }
  Tensor flow(const NoiseSchedule& schedule, const Tensor& noise) const {
    const double a = schedule.a(999), s = schedule.s(999);
    return mean + (variance / (a * a * variance + s * s)).sqrt() * (noise - a * mean);
  }
};

Tensor channels(std::vector<double> values) { return at::tensor(values, at::kDouble).view({1, -1, 1, 1}); }

const Gaussian gaussian{channels({1, -2, 0}), channels({0.25, 4, 1})};

UNetSpec small_unet() {
  LevelSpec level{.width = 8, .down = {1}, .up = {0, 1}, .stack = {.head_width = 4}};
  return {.latent_channels = 3,
          .size = 4,
          .text_tokens = 5,
          .text_width = 6,
          .time_width = 16,
          .mid = -1,
          .levels = {level}};
}

NetworkPtr random_network(const UNetSpec& spec) {
  const auto network = make_network(make_plan(spec));
  const Tensor noise = seeded_noise({1}, {parameter_count(*network)})[0] * 0.2;
  TensorMap weights = weights_of(*network);
  int64_t begin = 0;
  for (auto& [name, weight] : weights) {
    weight.copy_(noise.slice(0, begin, begin + weight.numel()).view(weight.sizes()));
    begin += weight.numel();
  }
  return network;
}

}  // namespace

TEST_CASE("with eps = 0 the step from 999 to 874 multiplies the latent by 1.98882784", "[pipeline]") {
  std::map<int64_t, double> seen;
  const Tensor x = sample({NoiseSchedule({}), Prediction::epsilon}, {.steps = 8}, at::ones({1, 1, 1, 1}, at::kDouble),
                          [&](const Tensor& at_t, int64_t t) {
                            seen[t] = at_t.item<double>();
                            return at::zeros_like(at_t);
                          });
  CHECK(seen.size() == 8);
  CHECK(seen.at(874) / seen.at(999) == Approx(1.98882784).margin(1e-8));
  CHECK(x.item<double>() == Approx(1 / 0.06826491).epsilon(1e-7));  // the last step goes to alpha_bar = 1
}

TEST_CASE("DDIM converges to the probability flow of a Gaussian, at first order", "[pipeline]") {
  const Spacing spacing = GENERATE(Spacing::trailing, Spacing::leading);
  const NoiseSchedule schedule({});
  const Tensor noise = seeded_noise({3}, {64, 3, 1, 1})[0].to(at::kDouble);
  const auto error = [&](int64_t steps) {
    const Tensor x = sample({schedule, Prediction::epsilon}, {.steps = steps, .spacing = spacing}, noise,
                            gaussian.denoiser(schedule));
    return (x - gaussian.flow(schedule, noise)).abs().max().item<double>();
  };
  const double coarse = error(50), fine = error(200), finest = error(1000);
  CHECK(fine < 0.5 * coarse);
  CHECK(finest < 0.5 * fine);
  CHECK(finest < 0.02);
}

TEST_CASE("pictures drawn from an exact denoiser have the mean and deviation of the data", "[pipeline]") {
  const NoiseSchedule schedule({});
  const Tensor noise = seeded_noise({5}, {40000, 3, 1, 1})[0].to(at::kDouble);
  const Tensor x = sample({schedule, Prediction::epsilon}, {.steps = 500}, noise, gaussian.denoiser(schedule));
  // Sampling begins at N(0, 1) and not at the data's N(a m, a^2 S + s^2): a known bias of a_T m in the mean.
  const Tensor mean = gaussian.flow(schedule, at::zeros_like(gaussian.mean));
  CHECK(at::allclose(x.mean({0, 2, 3}), mean.flatten(), 0, 0.04));
  CHECK(at::allclose(mean, gaussian.mean, 0, 0.3));
  CHECK(at::allclose(x.std(0).flatten(), gaussian.variance.sqrt().flatten(), 0.02, 0));
}

TEST_CASE("all predictions draw the same picture", "[pipeline]") {
  const NoiseSchedule schedule({});
  const Tensor noise = seeded_noise({7}, {8, 3, 1, 1})[0].to(at::kDouble);
  const auto drawn = [&](Prediction prediction) {
    return sample({schedule, prediction}, {.steps = 13}, noise, gaussian.denoiser(schedule, prediction));
  };
  CHECK(at::allclose(drawn(Prediction::v), drawn(Prediction::epsilon), 1e-9, 1e-9));
  CHECK(at::allclose(drawn(Prediction::x0), drawn(Prediction::epsilon), 1e-9, 1e-9));
}

TEST_CASE("guidance between two Gaussians of equal covariance is a Gaussian of the shifted mean", "[pipeline]") {
  const double w = GENERATE(0.0, 0.5, 1.0, 3.0, 7.5);
  const NoiseSchedule schedule({});
  const Gaussian conditional{channels({1, -2, 0}), channels({0.25, 4, 1})},
      unconditional{channels({0, 1, 1}), conditional.variance};
  const Gaussian shifted{unconditional.mean + w * (conditional.mean - unconditional.mean), conditional.variance};
  const Denoiser mixed = guided(conditional.denoiser(schedule), unconditional.denoiser(schedule), w);
  const Tensor x = seeded_noise({9}, {8, 3, 1, 1})[0].to(at::kDouble);
  CHECK(at::allclose(mixed(x, 749), shifted.denoiser(schedule)(x, 749), 1e-10, 1e-10));
}

TEST_CASE("guidance 1 and 0 evaluate one branch only", "[pipeline]") {
  int conditional = 0, unconditional = 0;
  const auto counted = [](int& calls) {
    return [&calls](const Tensor& x, int64_t) {
      ++calls;
      return x;
    };
  };
  const auto run = [&](double w) { guided(counted(conditional), counted(unconditional), w)(at::ones({1}), 0); };
  run(1);
  CHECK((conditional == 1 && unconditional == 0));
  run(0);
  CHECK((conditional == 1 && unconditional == 1));
  run(3);
  CHECK((conditional == 2 && unconditional == 2));
}

TEST_CASE("noise follows all 64 bits of a seed, and small seeds mean what they mean to LibTorch", "[pipeline]") {
  const auto noise = [](uint64_t seed) { return seeded_noise({seed}, {4})[0]; };
  const uint64_t large = uint64_t(1) << 32;
  CHECK(!at::equal(noise(large), noise(0)));
  CHECK(!at::equal(noise(large + 7), noise(7)));
  CHECK(!at::equal(noise(large), noise(2 * large)));
  for (const uint64_t seed : {uint64_t(0), uint64_t(7), large - 1})
    CHECK(at::equal(noise(seed), at::randn({4}, at::detail::createCPUGenerator(seed))));
}

TEST_CASE("a picture depends on its own seed and text, not on its batch", "[pipeline][torch]") {
  const UNetSpec spec = small_unet();
  const auto unet = random_network(spec);
  const Tensor text = seeded_noise({1, 2, 3}, {5, 6}), empty = seeded_noise({4}, {5, 6});
  const std::vector<uint64_t> seeds{11, 12, 13};
  const auto draw = [&](const Tensor& words, const std::vector<uint64_t>& which) {
    return sample({NoiseSchedule({}), Prediction::v}, {.steps = 3}, seeded_noise(which, {3, 4, 4}),
                  guided(*unet, words, empty, 3));
  };
  const Tensor together = draw(text, seeds);
  for (int64_t i = 0; i < 3; ++i)
    CHECK(at::allclose(draw(text.slice(0, i, i + 1), {seeds[size_t(i)]})[0], together[i], 1e-4, 1e-4));
  CHECK(!at::allclose(draw(text, {11, 12, 14})[2], together[2], 1e-2, 1e-2));
  CHECK(!at::allclose(draw(text.flip(0), seeds)[0], together[0], 1e-4, 1e-4));
}

TEST_CASE("seeded noise is a unit Gaussian and repeats", "[pipeline]") {
  const Tensor noise = seeded_noise({1, 2}, {4, 64, 64});
  CHECK(at::equal(noise[1], seeded_noise({2}, {4, 64, 64})[0]));
  CHECK(!at::equal(noise[0], noise[1]));
  CHECK(std::abs(noise.mean().item<double>()) < 0.02);
  CHECK(noise.std().item<double>() == Approx(1).margin(0.02));
}

TEST_CASE("a latent that is not finite stops the sampler at its timestep", "[pipeline]") {
  const Denoiser broken = [](const Tensor& x, int64_t t) { return t < 500 ? x / 0 : x; };
  CHECK_THROWS_WITH(sample({NoiseSchedule({}), Prediction::v}, {.steps = 4}, at::ones({1, 1, 2, 2}), broken),
                    Catch::Contains("timestep 499"));
}
