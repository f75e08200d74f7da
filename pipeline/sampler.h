// DDIM without noise (arXiv 2010.02502, eta = 0) and classifier-free guidance. The previous timestep comes from the
// list of timesteps itself, and the last step goes to the clean latent (alpha_bar = 1). Nothing is clipped.
#pragma once

#include <functional>
#include <vector>

#include "pipeline/prediction.h"
#include "pipeline/schedule.h"

namespace mds {

struct SamplerConfig {
  int64_t steps = 50;
  double guidance = 3;
  Spacing spacing = Spacing::trailing;
  bool operator==(const SamplerConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("steps", self.steps, "network evaluations a picture, guidance not counted", between(1, 100000));
    field("guidance", self.guidance, "w of eps_u + w (eps_c - eps_u); 1: none", between(0, 1000));
    field("spacing", self.spacing, "of the timesteps; trailing begins at the last one");
  }
};

// The network's output, in the model's own prediction, for noisy latents N x C x H x W that are all at timestep t.
using Denoiser = std::function<Tensor(const Tensor& x, int64_t t)>;

// A UNet told the text of each latent, N x S x C or 1 x S x C. The network must outlive the denoiser.
Denoiser conditioned(const Network& unet, Tensor text_NSC);

// unconditional + guidance * (conditional - unconditional). Guidance 1 and 0 evaluate one of the two only.
Denoiser guided(Denoiser conditional, Denoiser unconditional, double guidance);
Denoiser guided(const Network& unet, Tensor text_NSC, Tensor empty_1SC, double guidance);

// What a network was trained on and says.
struct Diffusion {
  NoiseSchedule schedule;
  Prediction prediction;
};

// From noise to clean latents, both N x C x H x W. `config.guidance` is the denoiser's affair. A latent that is not
// finite is a std::runtime_error that names the timestep.
Tensor sample(const Diffusion& diffusion, const SamplerConfig& config, Tensor noise, const Denoiser& denoiser);

// Noise of a generator for each picture, N x shape: row i depends on seeds[i] alone, whatever the batch. All 64 bits of
// a seed count.
Tensor seeded_noise(const std::vector<uint64_t>& seeds, const std::vector<int64_t>& shape);

}  // namespace mds
