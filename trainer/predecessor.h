// The model folder that a stage starts or learns from: its UNet, with the schedule and prediction it was trained for.
#pragma once

#include <ATen/ATen.h>

#include <type_traits>

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

// ConfigError where x0 does not follow from what it predicts at the last timestep.
void check_tells_x0(const Predecessor& model);

// The inputs of a UNet besides noisy latents x_NCHW, and its output for them at timesteps t_N, float32.
struct UNetInputs {
  Tensor t_N, text_NSC;
  Controls controls{};   // one row for all, or one for each latent
  LayoutRows layouts{};  // undefined: the UNet reads none
};
Tensor predicted(const Network& unet, const Tensor& x_NCHW, const UNetInputs& inputs, const Observer& observer = {});

// The same with classifier-free guidance, eps_u + w (eps_c - eps_u) for a number or tensor w: one pass of twice the
// batch computes both outputs. A number of 1 is no guidance, and a plain pass.
struct GuidedInputs {
  const Tensor& x_NCHW;
  const UNetInputs& inputs;
  const Tensor& empty_text_1SC;
};
Tensor predicted_both(const Network& unet, const GuidedInputs& of, const Observer& observer);  // conditional ones first
Tensor guided(const Network& unet, const GuidedInputs& of, const auto& weight, const Observer& observer = {}) {
  if constexpr (std::is_arithmetic_v<std::decay_t<decltype(weight)>>)
    if (weight == 1) return predicted(unet, of.x_NCHW, of.inputs, observer);
  const auto halves = predicted_both(unet, of, observer).chunk(2);
  return halves[1] + weight * (halves[0] - halves[1]);
}

}  // namespace mds
