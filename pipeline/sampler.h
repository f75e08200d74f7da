// From noise to latents: classifier-free guidance of a network's output, and the run of a sampler over its steps.
// Nothing is clipped.
#pragma once

#include <functional>

#include "pipeline/prediction.h"
#include "pipeline/sampler_config.h"
#include "pipeline/sampler_noise.h"
#include "pipeline/schedule.h"

namespace mds {

// The network's output, in the model's own prediction, for noisy latents N x C x H x W that are all at timestep t.
using Denoiser = std::function<Tensor(const Tensor& x, int64_t t)>;

// g = u + guidance (c - u) of the conditional output c and the unconditional u, then, with rescale phi, phi g std(c) /
// std(g) + (1 - phi) g: std over C, H and W of each latent (arXiv 2305.08891, section 3.4).
Tensor guided(const Tensor& conditional, const Tensor& unconditional, const SamplerConfig& config);

// The noise schedule and prediction that a network was trained with.
struct Diffusion {
  NoiseSchedule schedule;
  Prediction prediction;
};

// ConfigError for more steps than the schedule has, for eta with another sampler than ddim, and for a step from a
// timestep without signal (a = 0): with epsilon prediction x0 is unknown there, and euler divides by a.
void check(const Diffusion& diffusion, const SamplerConfig& config);

// From noise to clean latents, N x C x H x W, by config.steps calls of the denoiser, which itself applies guidance and
// rescale. Over a picture (noise.init) it takes the last steps, from the picture with as much noise as the first of
// them expects, and where not all is drawn, the kept part is put back after each step with the noise of the next
// timestep; if then all steps are taken, they begin with noise alone. As in diffusers, that noise is always the first.
// Errors: see check and steps_taken; a latent that is not finite is a std::runtime_error with the timestep. A
// stochastic sampler needs a source of new noise.
Tensor sample(const Diffusion& diffusion, const SamplerConfig& config, const LatentNoise& noise,
              const Denoiser& denoiser);

}  // namespace mds
