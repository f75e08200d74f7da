#include "pipeline/sampler.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <map>

#include "tests/catch.h"
#include "tests/pipeline/gaussian.h"

using namespace mds;

namespace {

const Gaussian gaussian{channels({1, -2, 0}), channels({0.25, 4, 1})};

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

TEST_CASE("pictures drawn from an exact denoiser have the mean and deviation of the data", "[pipeline]") {
  const NoiseSchedule schedule({});
  const Tensor noise = seeded_noise({5}, {40000, 3, 1, 1})[0].to(at::kDouble);
  const Tensor x = sample({schedule, Prediction::epsilon}, {.steps = 500}, noise, gaussian.denoiser(schedule));
  // Sampling begins at N(0, 1) and not at the data's N(a m, a^2 S + s^2): this biases the mean by a known a_T m.
  const Tensor mean = gaussian.flow(schedule, at::zeros_like(gaussian.mean));
  CHECK(at::allclose(x.mean({0, 2, 3}), mean.flatten(), 0, 0.04));
  CHECK(at::allclose(mean, gaussian.mean, 0, 0.3));
  CHECK(at::allclose(x.std(0).flatten(), gaussian.variance.sqrt().flatten(), 0.02, 0));
}

TEST_CASE("guidance between two Gaussians of equal covariance is a Gaussian of the shifted mean", "[pipeline]") {
  const double w = GENERATE(0.0, 0.5, 1.0, 3.0, 7.5);
  const NoiseSchedule schedule({});
  const Gaussian conditional{channels({1, -2, 0}), channels({0.25, 4, 1})},
      unconditional{channels({0, 1, 1}), conditional.variance};
  const Gaussian shifted{unconditional.mean + w * (conditional.mean - unconditional.mean), conditional.variance};
  const Denoiser mixed = guided(conditional.denoiser(schedule), unconditional.denoiser(schedule), {.guidance = w});
  const Tensor x = seeded_noise({9}, {8, 3, 1, 1})[0].to(at::kDouble);
  CHECK(at::allclose(mixed(x, 749), shifted.denoiser(schedule)(x, 749), 1e-10, 1e-10));
}

TEST_CASE("rescale moves the deviation of each guided latent to the conditional one's, by its share", "[pipeline]") {
  const double w = GENERATE(0.0, 3.0, 7.5), phi = GENERATE(0.3, 0.7, 1.0);
  const Tensor c = seeded_noise({1, 2}, {4, 8, 8}) * channels({1, 2}).view({2, 1, 1, 1}).to(at::kFloat);
  const Tensor u = seeded_noise({3, 4}, {4, 8, 8});
  const auto out = [&](double rescale) { return guided(c, u, {.guidance = w, .rescale = rescale}); };
  const auto deviation = [](const Tensor& x) { return x.flatten(1).std(1); };
  CHECK(at::allclose(out(0), u + w * (c - u), 1e-6, 1e-6));
  CHECK(at::allclose(deviation(out(phi)), phi * deviation(c) + (1 - phi) * deviation(out(0)), 1e-5, 0));
  CHECK(at::allclose(out(phi) / deviation(out(phi)).view({2, 1, 1, 1}), out(0) / deviation(out(0)).view({2, 1, 1, 1}),
                     1e-4, 1e-5));  // and changes only the deviation
}

TEST_CASE("the defaults are DDIM without noise, trailing, to the clean latent, bit for bit", "[pipeline]") {
  const NoiseSchedule schedule({});
  const Prediction prediction = GENERATE(Prediction::epsilon, Prediction::v, Prediction::x0);
  const auto network = [](const Tensor& x, int64_t t) { return at::sin(2 * x) + double(t) / 1000; };
  Tensor x = seeded_noise({1, 2}, {4, 8, 8});
  const Tensor drawn = sample({schedule, prediction}, {.steps = 8}, x, network);
  for (int64_t t = 999; t > 0; t -= 125) {
    const Amplitudes at_t{at::scalar_tensor(schedule.a(t), at::kDouble), at::scalar_tensor(schedule.s(t), at::kDouble)};
    const auto [x0, eps] = parts(prediction, network(x, t), x, at_t);
    x = schedule.a(std::max<int64_t>(-1, t - 125)) * x0 + schedule.s(std::max<int64_t>(-1, t - 125)) * eps;
  }
  CHECK(at::equal(drawn, x));
}

TEST_CASE("where the steps do not divide the schedule each one ends where the next one begins", "[pipeline]") {
  const NoiseSchedule schedule({});
  std::map<int64_t, double> seen;
  sample({schedule, Prediction::epsilon}, {.steps = 13}, at::ones({1, 1, 1, 1}, at::kDouble),
         [&](const Tensor& x, int64_t t) {
           seen[t] = x.item<double>();
           return at::zeros_like(x);
         });
  CHECK(seen.at(922) / seen.at(999) == Approx(schedule.a(922) / schedule.a(999)).epsilon(1e-12));
}

TEST_CASE("UFOGen noises x0 to the timestep of its next call, and ends at the last x0", "[pipeline]") {
  const NoiseSchedule schedule({});
  const Tensor z = at::full({1, 1, 1, 1}, 0.5, at::kDouble), x0 = at::full({1, 1, 1, 1}, 2.0, at::kDouble);
  std::map<int64_t, double> seen;
  const Tensor end = sample({schedule, Prediction::x0}, {.steps = 4, .sampler = Sampler::ufogen},
                            {z, [&] { return z; }}, [&](const Tensor& x, int64_t t) {
                              seen[t] = x.item<double>();
                              return x0 + double(t);
                            });
  CHECK(seen.at(999) == 0.5);
  CHECK(seen.at(749) == Approx(schedule.a(749) * (2 + 999) + schedule.s(749) * 0.5));
  CHECK(seen.at(249) == Approx(schedule.a(249) * (2 + 499) + schedule.s(249) * 0.5));
  CHECK(end.item<double>() == 2 + 249);
}

TEST_CASE("one step is the network's x0 with every sampler", "[pipeline]") {
  const Sampler sampler = GENERATE(Sampler::ddim, Sampler::dpmpp_2m, Sampler::euler, Sampler::ufogen);
  const NoiseSchedule schedule({});
  const Tensor x = sample({schedule, Prediction::x0}, {.steps = 1, .sampler = sampler},
                          picture_noise({1, 2}, {4, 8, 8}), [](const Tensor& at_t, int64_t t) {
                            CHECK(t == 999);
                            return 2 * at_t;
                          });
  CHECK(at::allclose(x, 2 * seeded_noise({1, 2}, {4, 8, 8}), 1e-5, 1e-5));
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

TEST_CASE("a picture's noise goes on from its beginning, each time anew", "[pipeline]") {
  const LatentNoise pair = picture_noise({1, 2}, {4, 8, 8}), other = picture_noise({2, 3}, {4, 8, 8});
  CHECK(at::equal(pair.initial, seeded_noise({1, 2}, {4, 8, 8})));
  const Tensor second = pair.fresh(), third = pair.fresh();
  CHECK(at::equal(second[1], other.fresh()[0]));
  CHECK(at::equal(third[1], other.fresh()[0]));
  CHECK(std::abs((pair.initial * second).mean().item<double>()) < 0.2);
  CHECK(!at::equal(second, third));
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
