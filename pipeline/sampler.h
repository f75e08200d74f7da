// From noise to latents: a network's output with classifier-free guidance, and the run of a sampler over its steps.
// Nothing is clipped.
#pragma once

#include <functional>

#include "pipeline/prediction.h"
#include "pipeline/sampler_config.h"
#include "pipeline/sampler_noise.h"

namespace mds {

// The network's output, in the model's own prediction, for noisy latents N x C x H x W that are all at timestep t.
using Denoiser = std::function<Tensor(const Tensor& x, int64_t t)>;

// A UNet told the text of each latent, N x S x C or 1 x S x C. The network must outlive the denoiser.
Denoiser conditioned(const Network& unet, Tensor text_NSC);

// g = u + guidance (c - u) of the conditional output c and the unconditional u, then, with rescale phi, phi g std(c) /
// std(g) + (1 - phi) g: std over C, H and W of each latent (arXiv 2305.08891, section 3.4).
Tensor guided(const Tensor& conditional, const Tensor& unconditional, const SamplerConfig& config);

// Evaluates the sides that guidance mixes, and no other.
Denoiser guided(Denoiser conditional, Denoiser unconditional, const SamplerConfig& config);
Denoiser guided(const Network& unet, Tensor text_NSC, Tensor empty_1SC, const SamplerConfig& config);

// What a network was trained on and says.
struct Diffusion {
  NoiseSchedule schedule;
  Prediction prediction;
};

// ConfigError for more steps than the schedule has, eta for another sampler than ddim, and a step from a timestep
// without signal (a = 0) with epsilon prediction, which says nothing of x0 there, or with euler, which divides by a.
void check(const Diffusion& diffusion, const SamplerConfig& config);

// From noise to clean latents, N x C x H x W, by config.steps calls of the denoiser; guidance and rescale are the
// denoiser's affair. Errors: see check; a latent that is not finite is a std::runtime_error that names the timestep. A
// stochastic sampler needs a source of fresh noise.
Tensor sample(const Diffusion& diffusion, const SamplerConfig& config, const LatentNoise& noise,
              const Denoiser& denoiser);

}  // namespace mds
