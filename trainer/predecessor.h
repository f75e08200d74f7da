// The model folder that a stage starts or learns from: its UNet, with the schedule and prediction it was trained for.
#pragma once

#include <ATen/ATen.h>

#include "pipeline/schedule.h"
#include "trainer/latents.h"
#include "trainer/stage.h"

namespace mds {

struct Predecessor {
  std::string folder;
  ModelCard card;  // has unet and schedule

  const UNetSpec& spec() const { return *card.unet; }
  NetworkPtr unet(const Placement& placement = {}) const;  // with its weights
  // The same for passes without gradients only: frozen, and with the placement's kernels in the training's type.
  NetworkPtr teaching_unet(const Placement& placement, TrainingPrecision dtype) const;
};

// ConfigError, with the folder and both values, where the UNet needs other latents or text than these.
Predecessor open_predecessor(const std::string& folder, const LatentSource& latents);

// The same, but the UNet may be for another size; its spec gets the size of the latents, as its weights fit any size.
Predecessor open_predecessor_of_any_size(const std::string& folder, const LatentSource& latents);

// The card of a stage that goes on from a model: its network, diffusion, sampler and candidate are the model's.
StageCard card_after(const Predecessor& start);

// The UNet of a model folder whose stage is only planned. FileError also says that the stage before has to be trained.
UNetSpec planned_unet(const std::string& folder);

// ConfigError names both folders and the values where schedule or prediction differ.
void check_same_diffusion(const Predecessor& one, const Predecessor& other);

// The inputs of a UNet besides noisy latents x_NCHW, and its output for them at timesteps t_N, float32.
struct UNetInputs {
  Tensor t_N, text_NSC;
};
Tensor predicted(const Network& unet, const Tensor& x_NCHW, const UNetInputs& inputs, const Observer& observer = {});

// For classifier-free guidance one pass of twice the batch computes both outputs: x twice, with these inputs.
UNetInputs with_empty_text(const UNetInputs& inputs, const Tensor& empty_text_1SC);
// eps_u + w (eps_c - eps_u) of such a pass, for a number or tensor w.
Tensor guided(const Tensor& both_NCHW, const auto& weight) {
  const auto halves = both_NCHW.chunk(2);
  return halves[1] + weight * (halves[0] - halves[1]);
}

}  // namespace mds
