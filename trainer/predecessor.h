// The model folder a stage starts from or learns from: its UNet with the schedule and prediction it was trained for.
#pragma once

#include "pipeline/schedule.h"
#include "trainer/latents.h"

namespace mds {

struct Predecessor {
  std::string folder;
  ModelCard card;  // with unet and schedule

  const UNetSpec& spec() const { return *card.unet; }
  NetworkPtr unet() const;  // with its weights, float32
};

// ConfigError names the folder and both values where the UNet reads other latents or text than these.
Predecessor open_predecessor(const std::string& folder, const LatentSet& latents);

// The same for a UNet of another size, whose spec gets the latents' own: its weights fit every size.
Predecessor open_predecessor_of_any_size(const std::string& folder, const LatentSet& latents);

// ConfigError names both folders and values where they differ in schedule or prediction.
void check_same_diffusion(const Predecessor& one, const Predecessor& other);

// What a UNet makes of noisy latents x_NCHW at timesteps t_N, float32.
struct Told {
  Tensor t_N, text_NSC;
};
Tensor predicted(const Network& unet, const Tensor& x_NCHW, const Told& told, const Observer& observer = {});

}  // namespace mds
