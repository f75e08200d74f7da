// Compares every sampler with the exact solution for a Gaussian, whose best network is known without training.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "pipeline/solver.h"
#include "tests/catch.h"
#include "tests/pipeline/gaussian.h"

using namespace mds;

namespace {

const Gaussian gaussian{channels({1, -2, 0}), channels({0.25, 4, 1})};

double distance(const Tensor& x, const Tensor& y) { return (x - y).abs().max().item<double>(); }

NoiseSource repeatable(uint64_t seed, int64_t n) {
  return
      [generator = at::detail::createCPUGenerator(seed), n] { return at::randn({n, 3, 1, 1}, generator, at::kDouble); };
}

LatentNoise noise_of(uint64_t seed, int64_t n) {
  const NoiseSource source = repeatable(seed, n);
  return {source(), source};
}

// The exact distribution that a sampler draws: with an affine denoiser a latent is affine in each noise tensor, so a
// row without noise gives the mean, and rows with one unit of one noise each give the variance.
Gaussian drawn_from(const Diffusion& diffusion, const SamplerConfig& config, const Denoiser& denoiser) {
  const int64_t rows = config.steps + 2;
  NoiseSource source = [rows, row = 0]() mutable {
    Tensor noise = at::zeros({rows, 3, 1, 1}, at::kDouble);
    noise[++row].fill_(1);
    return noise;
  };
  const Tensor initial = source();
  const Tensor x = sample(diffusion, config, {initial, source}, denoiser);
  const Tensor without = x.slice(0, 0, 1);
  return {without, (x - without).square().sum(0, /*keepdim=*/true)};
}

double distance(const Gaussian& found, const Gaussian& wanted) {
  return std::max(distance(found.mean, wanted.mean), distance(found.variance, wanted.variance));
}

// The error of a solver against the exact flow from N(0, 1), for `steps` equal steps in a schedule of fine timesteps,
// away from its ends.
double solver_error(Sampler sampler, Prediction prediction, int64_t steps) {
  const NoiseSchedule schedule({.steps = 20000, .beta_start = 0.00085 / 20, .beta_end = 0.012 / 20});
  const int64_t from = 18000, to = 4000, stride = (from - to) / steps;
  const auto solver = make_solver({.steps = steps, .sampler = sampler}, schedule, {}, steps);
  const Denoiser denoiser = gaussian.denoiser(schedule, prediction);
  const Tensor begin = latents(11, 8);
  Tensor x = begin;
  for (int64_t t = from; t > to; t -= stride) {
    const Amplitudes at_t{at::scalar_tensor(schedule.a(t), at::kDouble), at::scalar_tensor(schedule.s(t), at::kDouble)};
    x = solver->step({t, t - stride}, x, parts(prediction, denoiser(x, t), x, at_t));
  }
  return distance(x, gaussian.flow(schedule, begin, from, to));
}

}  // namespace

TEST_CASE("halving the steps' size halves the error of DDIM and Euler, and quarters DPM-Solver++(2M)'s", "[pipeline]") {
  const auto [sampler, order] =
      GENERATE(table<Sampler, int>({{Sampler::ddim, 1}, {Sampler::euler, 1}, {Sampler::dpmpp_2m, 2}}));
  const Prediction prediction = GENERATE(Prediction::epsilon, Prediction::v, Prediction::x0);
  const double coarse = solver_error(sampler, prediction, 50), fine = solver_error(sampler, prediction, 100),
               finest = solver_error(sampler, prediction, 200);
  INFO(name_of(sampler) << " " << name_of(prediction) << ": " << coarse << " " << fine << " " << finest);
  CHECK(std::log2(coarse / fine) == Approx(order).margin(0.15));
  CHECK(std::log2(fine / finest) == Approx(order).margin(0.15));
}

TEST_CASE("deterministic samplers converge to the probability flow of a Gaussian", "[pipeline]") {
  const Sampler sampler = GENERATE(Sampler::ddim, Sampler::dpmpp_2m, Sampler::euler);
  const Spacing spacing = GENERATE(Spacing::trailing, Spacing::leading, Spacing::linspace);
  const LastStep last = GENERATE(LastStep::clean, LastStep::first);
  const NoiseSchedule schedule({});
  const Tensor noise = latents(3, 64);
  const auto error = [&](int64_t steps) {
    const SamplerConfig config{.steps = steps, .spacing = spacing, .sampler = sampler, .last = last};
    const Tensor x = sample({schedule, Prediction::v}, config, noise, gaussian.denoiser(schedule, Prediction::v));
    const auto list = steps_of(config, schedule.steps());
    return distance(x, gaussian.flow(schedule, noise, list.front().t, list.back().previous));
  };
  const double coarse = error(25), fine = error(100), finest = error(500);
  INFO(name_of(sampler) << " " << name_of(spacing) << ": " << coarse << " " << fine << " " << finest);
  CHECK(fine < 0.5 * coarse);
  CHECK(finest < 0.5 * fine);
  CHECK(finest < 0.04);
}

TEST_CASE("in 20 steps DPM-Solver++(2M) has less than half of DDIM's error", "[pipeline]") {
  const NoiseSchedule schedule({});
  const Tensor noise = latents(3, 64);
  const auto error = [&](Sampler sampler) {
    const Tensor x =
        sample({schedule, Prediction::epsilon}, {.steps = 20, .sampler = sampler}, noise, gaussian.denoiser(schedule));
    return distance(x, gaussian.flow(schedule, noise));
  };
  CHECK(error(Sampler::dpmpp_2m) < 0.5 * error(Sampler::ddim));
}

TEST_CASE("Euler over s / a takes DDIM's steps", "[pipeline]") {
  const NoiseSchedule schedule({});
  const Tensor noise = latents(5, 8);
  const auto drawn = [&](Sampler sampler) {
    return sample({schedule, Prediction::v}, {.steps = 13, .sampler = sampler}, noise,
                  gaussian.denoiser(schedule, Prediction::v));
  };
  CHECK(distance(drawn(Sampler::euler), drawn(Sampler::ddim)) < 1e-10);
}

TEST_CASE("all predictions draw the same picture with every sampler", "[pipeline]") {
  const SamplerConfig config = GENERATE(values<SamplerConfig>({{.sampler = Sampler::ddim},
                                                               {.sampler = Sampler::ddim, .eta = 0.5},
                                                               {.sampler = Sampler::dpmpp_2m},
                                                               {.sampler = Sampler::euler},
                                                               {.sampler = Sampler::ufogen}}));
  const NoiseSchedule schedule({});
  const auto drawn = [&](Prediction prediction) {
    return sample({schedule, prediction}, config, noise_of(7, 8), gaussian.denoiser(schedule, prediction));
  };
  const Tensor wanted = drawn(Prediction::epsilon);
  CHECK(distance(drawn(Prediction::v), wanted) < 1e-8);
  CHECK(distance(drawn(Prediction::x0), wanted) < 1e-8);
}

TEST_CASE("with guidance every sampler draws from the Gaussian of the shifted mean", "[pipeline]") {
  const Sampler sampler = GENERATE(Sampler::ddim, Sampler::dpmpp_2m, Sampler::euler, Sampler::ufogen);
  const Prediction prediction = GENERATE(Prediction::epsilon, Prediction::v, Prediction::x0);
  const SamplerConfig config{.steps = 8, .guidance = 3, .sampler = sampler};
  const NoiseSchedule schedule({});
  const Gaussian unconditional{channels({0, 1, 1}), gaussian.variance};
  const Gaussian shifted{unconditional.mean + 3 * (gaussian.mean - unconditional.mean), gaussian.variance};
  const Denoiser mixed =
      guided(gaussian.denoiser(schedule, prediction), unconditional.denoiser(schedule, prediction), config);
  const auto drawn = [&](const Denoiser& denoiser) {
    return sample({schedule, prediction}, config, noise_of(9, 8), denoiser);
  };
  CHECK(distance(drawn(mixed), drawn(shifted.denoiser(schedule, prediction))) < 1e-8);
}

TEST_CASE("DDIM with any share of noise draws from a Gaussian that converges to the data's", "[pipeline]") {
  const double eta = GENERATE(0.0, 0.5, 1.0);
  const NoiseSchedule schedule({.zero_terminal_snr = true});  // starts at exactly N(0, 1), so there is no bias
  const auto error = [&](int64_t steps) {
    return distance(
        drawn_from({schedule, Prediction::v}, {.steps = steps, .eta = eta}, gaussian.denoiser(schedule, Prediction::v)),
        gaussian);
  };
  const double coarse = error(25), fine = error(100), finest = error(400);
  INFO(coarse << " " << fine << " " << finest);
  CHECK(fine < 0.4 * coarse);
  CHECK(finest < 0.4 * fine);
  CHECK(finest < 0.1);
}

TEST_CASE("a perfect one-step generator draws the data in any number of UFOGen's steps", "[pipeline]") {
  const int64_t steps = GENERATE(1, 2, 4, 8);
  const NoiseSchedule schedule({.zero_terminal_snr = true});
  const Denoiser generator = [&](const Tensor& x, int64_t t) { return gaussian.flow(schedule, x, t); };
  const SamplerConfig config{.steps = steps, .sampler = Sampler::ufogen};
  CHECK(distance(drawn_from({schedule, Prediction::x0}, config, generator), gaussian) < 1e-9);
}

// The posterior mean m + g (x_t - a m), g = a S / (a^2 S + s^2), reduces the variance; noising increases it again.
TEST_CASE("UFOGen's steps through the posterior mean have its closed-form Gaussian", "[pipeline]") {
  const Prediction prediction = GENERATE(Prediction::epsilon, Prediction::v, Prediction::x0);
  const SamplerConfig config{.steps = 4, .sampler = Sampler::ufogen};
  const NoiseSchedule schedule({});
  Gaussian wanted{at::zeros_like(gaussian.mean), at::ones_like(gaussian.variance)};
  for (const auto& [t, previous] : steps_of(config, schedule.steps())) {
    const Tensor gain = schedule.a(t) * gaussian.variance / gaussian.variance_at(schedule, t);
    const Tensor mean = gaussian.mean + gain * (wanted.mean - schedule.a(t) * gaussian.mean);
    wanted = {schedule.a(previous) * mean,
              schedule.alpha_bar(previous) * gain * gain * wanted.variance + (1 - schedule.alpha_bar(previous))};
  }
  CHECK(distance(drawn_from({schedule, prediction}, config, gaussian.denoiser(schedule, prediction)), wanted) < 1e-9);
}

TEST_CASE("a schedule that ends without signal draws the mean without bias", "[pipeline]") {
  const Sampler sampler = GENERATE(Sampler::ddim, Sampler::dpmpp_2m);
  const Prediction prediction = GENERATE(Prediction::v, Prediction::x0);
  const NoiseSchedule schedule({.zero_terminal_snr = true});
  const Tensor noise = latents(21, 8);
  const Tensor x = sample({schedule, prediction}, {.steps = 500, .sampler = sampler}, noise,
                          gaussian.denoiser(schedule, prediction));
  CHECK(distance(x, gaussian.mean + gaussian.variance.sqrt() * noise) < 0.03);
}
