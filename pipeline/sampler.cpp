#include "pipeline/sampler.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "pipeline/solver.h"

namespace mds {
namespace {

// float64 tensors without a dimension, which scale float32 tensors without changing their type.
Amplitudes amplitudes(const NoiseSchedule& schedule, int64_t t) {
  return {at::scalar_tensor(schedule.a(t), at::kDouble), at::scalar_tensor(schedule.s(t), at::kDouble)};
}

Tensor deviation(const Tensor& x_NCHW) {
  return x_NCHW.std(at::IntArrayRef{1, 2, 3}, /*unbiased=*/false, /*keepdim=*/true);
}

void check_signal(const Diffusion& diffusion, const SamplerConfig& config) {
  for (const auto& [t, previous] : steps_of(config, diffusion.schedule.steps())) {
    if (diffusion.schedule.a(t) > 0) continue;
    const std::string where = "sampler: timestep " + std::to_string(t) + " is noise without signal";
    if (diffusion.prediction == Prediction::epsilon)
      throw ConfigError(where +
                        ", whose epsilon says nothing of the picture (x0 = (x - s eps) / a divides by 0); use "
                        "a model of v or x0 prediction, or a schedule without zero_terminal_snr");
    if (config.sampler == Sampler::euler)
      throw ConfigError(where + ", and euler integrates over s / a, which is infinite there; use ddim");
  }
}

// The clean latents with as much of the noise as timestep t has.
Tensor noised(const NoiseSchedule& schedule, const LatentNoise& noise, int64_t t) {
  return schedule.a(t) * noise.init.latents + schedule.s(t) * noise.initial;
}

Tensor first_latents(const NoiseSchedule& schedule, const LatentNoise& noise, int64_t t) {
  const auto& [latents, drawn, strength] = noise.init;
  const bool noise_alone = !latents.defined() || (drawn.defined() && strength == 1);
  return noise_alone ? noise.initial : noised(schedule, noise, t);
}

std::vector<SamplerStep> last_steps(std::vector<SamplerStep> steps, int64_t taken) {
  return {steps.end() - taken, steps.end()};
}

}  // namespace

Tensor guided(const Tensor& conditional, const Tensor& unconditional, const SamplerConfig& config) {
  const Tensor mixed = unconditional + config.guidance * (conditional - unconditional);
  if (config.rescale == 0) return mixed;
  return mixed * (config.rescale * (deviation(conditional) / deviation(mixed)) + (1 - config.rescale));
}

void check(const Diffusion& diffusion, const SamplerConfig& config) {
  if (config.eta != 0 && config.sampler != Sampler::ddim)
    throw ConfigError("sampler: eta is " + shown(config.eta) + "; it is ddim's alone, and with " +
                      std::string(name_of(config.sampler)) + " only 0 is allowed");
  check_signal(diffusion, config);
}

Tensor sample(const Diffusion& diffusion, const SamplerConfig& config, const LatentNoise& noise,
              const Denoiser& denoiser) {
  torch::NoGradGuard no_grad;
  check(diffusion, config);
  if (is_stochastic(config) && !noise.fresh) throw std::logic_error("a stochastic sampler without a source of noise");
  const auto& [schedule, prediction] = diffusion;
  const int64_t taken = steps_taken(config, noise.init.strength);
  if (taken < config.steps && !noise.init.latents.defined())
    throw ConfigError("a strength below 1 needs a picture to begin with");
  const auto steps = last_steps(steps_of(config, schedule.steps()), taken);
  Tensor x = first_latents(schedule, noise, steps.front().t);
  const auto solver = make_solver(config, schedule, [&] { return noise.fresh().to(x.options()); }, taken);
  for (const SamplerStep& step : steps) {
    x = solver->step(step, x, parts(prediction, denoiser(x, step.t), x, amplitudes(schedule, step.t)));
    if (!x.isfinite().all().item<bool>())
      throw std::runtime_error("sampling: the latent is not finite after timestep " + std::to_string(step.t));
    if (noise.init.drawn.defined()) {
      const bool last = step == steps.back();
      x = at::where(noise.init.drawn, x, last ? noise.init.latents : noised(schedule, noise, step.previous));
    }
  }
  return x;
}

}  // namespace mds
