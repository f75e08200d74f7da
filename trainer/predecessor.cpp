#include "trainer/predecessor.h"

#include <ATen/ATen.h>

#include <optional>

#include "networks/autocast.h"
#include "networks/freeze.h"

namespace mds {
namespace {

std::string text(const auto& value) { return to_json(value).dump(); }

Predecessor open_checked(const std::string& folder, const LatentSource& latents, bool any_size) {
  Predecessor opened{folder, load_card(folder, {"unet", "schedule"})};
  const auto require = [&](const std::string& what, int64_t its, int64_t here) {
    if (its != here)
      throw ConfigError(folder + "/model.json: unet." + what + " is " + std::to_string(its) + "; the latents have " +
                        std::to_string(here));
  };
  const UNetSpec& unet = opened.spec();
  const LatentShape shape = latents.shape();
  require("latent_channels", unet.latent_channels, shape.channels);
  if (!any_size) require("size", unet.size, shape.size);
  require("text_tokens", unet.text_tokens, shape.tokens);
  require("text_width", unet.text_width, shape.width);
  return opened;
}

}  // namespace

NetworkPtr Predecessor::unet(const Placement& placement) const {
  return load_part(folder, "unet", make_plan(spec()), placement);
}

NetworkPtr Predecessor::teaching_unet(const Placement& placement, TrainingPrecision dtype) const {
  // Packed layers choose their arithmetic by the type of their weights, not by autocast.
  const bool packs = placement.kernels == Kernels::prepared && placement.device.is_cpu() && can_prepare();
  Placement own = placement;
  if (packs && dtype == TrainingPrecision::bf16) own.dtype = Precision::bf16;
  const NetworkPtr network = unet(own);
  freeze(*network);
  if (packs) network->prepare();
  return network;
}

Predecessor open_predecessor(const std::string& folder, const LatentSource& latents) {
  return open_checked(folder, latents, /*any_size=*/false);
}

Predecessor open_predecessor_of_any_size(const std::string& folder, const LatentSource& latents) {
  Predecessor start = open_checked(folder, latents, /*any_size=*/true);
  start.card.unet->size = latents.shape().size;
  return start;
}

StageCard card_after(const Predecessor& start) {
  StageCard card;
  card.model.unet = start.card.unet;
  card.model.prediction = start.card.prediction;
  card.model.schedule = start.card.schedule;
  card.model.sampler = sampler_of(start.card);
  const Provenance& before = start.card.provenance;
  card.model.provenance.candidate = before.candidate;
  card.model.provenance.network = before.network;
  card.model.provenance.sweep = before.sweep;
  card.predecessors["start"] = start.folder;
  return card;
}

UNetSpec planned_unet(const std::string& folder) {
  try {
    return *load_card(folder, {"unet"}).unet;
  } catch (const FileError& error) {
    throw FileError(std::string(error.what()) + "; to plan this stage, train the one before, whose network it takes");
  }
}

void check_same_diffusion(const Predecessor& one, const Predecessor& other) {
  const auto require = [&](const std::string& what, const std::string& its, const std::string& others) {
    if (its != others)
      throw ConfigError(one.folder + " and " + other.folder + " differ in " + what + ": " + its + " and " + others);
  };
  require("schedule", text(*one.card.schedule), text(*other.card.schedule));
  require("prediction", std::string(name_of(one.card.prediction)), std::string(name_of(other.card.prediction)));
}

void check_tells_x0(const Predecessor& model) {
  const NoiseSchedule schedule(*model.card.schedule);
  if (model.card.prediction == Prediction::epsilon && schedule.a(schedule.steps() - 1) == 0)
    throw ConfigError(model.folder +
                      "/model.json: predicts epsilon on a schedule whose last timestep is noise without "
                      "signal, where that says nothing of x0; needed: v or x0 prediction, or a schedule without "
                      "zero_terminal_snr");
}

Tensor predicted(const Network& unet, const Tensor& x_NCHW, const UNetInputs& inputs, const Observer& observer) {
  Conditioning conditioning;
  conditioning.timesteps_N = inputs.t_N;
  conditioning.text_NSC = inputs.text_NSC;
  conditioning.controls = inputs.controls;
  put(conditioning, inputs.layouts);
  const at::DeviceType device = unet.device().type();
  std::optional<Autocast> packed;
  if (unet.prepared()) packed.emplace(AutocastState{.device = device, .on = false, .dtype = at::kBFloat16});
  return unet.forward(x_NCHW, conditioning, observer).to(at::kFloat);
}

Tensor predicted_both(const Network& unet, const GuidedInputs& of, const Observer& observer) {
  const auto& [x, inputs, empty_text] = of;
  const auto& [t, text, controls, layouts] = inputs;
  UNetInputs both{at::cat({t, t}), at::cat({text, empty_text.expand_as(text)}), controls, layouts};
  both.controls.for_each([](Tensor& map) {
    if (map.size(0) > 1) map = at::cat({map, map});
  });
  LayoutRows::for_each(both.layouts, [](const char*, Tensor& rows) {  // no boxes beside the empty text
    if (rows.defined()) rows = at::cat({rows, at::zeros_like(rows)});
  });
  return predicted(unet, at::cat({x, x}), both, observer);
}

}  // namespace mds
