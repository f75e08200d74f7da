#include "trainer/grounding.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>

#include "networks/freeze.h"
#include "trainer/loop.h"

namespace mds {
namespace {

constexpr uint64_t grounding_seed = 11;  // so that what is new does not begin with a UNet's values

bool has_stacks(const UNetSpec& unet, size_t i) {
  UNetSpec alone = unet;
  for (LevelSpec& level : alone.levels) level.stack.grounding = false;
  alone.levels[i].stack.grounding = true;
  return reads_layout(alone);
}

// With the start's weights, which are frozen; what is new begins with gates at zero.
NetworkPtr grounded_unet(const Predecessor& start, const UNetSpec& grounded, const LoopConfig& loop) {
  const NetworkPtr base = start.unet(loop.placement), unet = make_network(make_plan(grounded), loop.placement);
  initialise(*unet, loop.seed + grounding_seed);
  freeze(*unet);
  const torch::NoGradGuard no_grad;
  auto weights = state_of(*unet);
  for (const auto& weight : state_of(*base)) weights[weight.key()].copy_(weight.value());
  return unet;
}

// Those that the start's UNet does not have.
TensorMap added_weights(const Network& unet, const UNetSpec& start) {
  const std::string prefix = "unet.";
  TensorMap weights = trained_weights(unet, prefix);
  for (const auto& step : make_plan(start).steps)
    for (const auto& layer : layers(step.block, step.site))
      for (const char* leaf : {"weight", "bias"})
        weights.erase(prefix + layer_path(step.path, layer.name) + "." + leaf);
  return weights;
}

}  // namespace

UNetSpec grounded(UNetSpec unet, const GroundingTuning& tuning, const std::string& source) {
  if (reads_layout(unet)) throw ConfigError(source + ": its UNet reads layouts already; allowed: one that does not");
  std::string allowed;
  for (size_t i = 0; i < unet.levels.size(); ++i)
    if (has_stacks(unet, i)) allowed += (allowed.empty() ? "" : ", ") + std::to_string(i + 1);
  for (const int64_t level : tuning.levels)
    if (level > int64_t(unet.levels.size()) || !has_stacks(unet, size_t(level - 1)))
      throw ConfigError("stage.grounding.levels holds " + std::to_string(level) + "; levels of " + source +
                        " with transformer stacks: " + allowed);
  if (allowed.empty()) throw ConfigError(source + ": its UNet has no transformer stack that could read a layout");
  for (size_t i = 0; i < unet.levels.size(); ++i) {
    const bool chosen = tuning.levels.empty() || std::ranges::count(tuning.levels, int64_t(i) + 1) > 0;
    if (!chosen || !has_stacks(unet, i)) continue;
    TransformerOptions& stack = unet.levels[i].stack;
    stack.grounding = true;
    stack.grounding_once = tuning.once;
    stack.grounding_ff = tuning.ff;
  }
  unet.boxes = tuning.boxes;
  unet.box_width = tuning.box_width;
  return unet;
}

GroundingAddition::GroundingAddition(const GroundingTuning& tuning, const AdditionInputs& inputs)
    : tuning_(tuning),
      start_(inputs.start),
      spec_(grounded(inputs.start.spec(), tuning, inputs.start.folder)),
      batch_(inputs.loop.batch),
      reader_(inputs.latents.reader(inputs.loop.batch, inputs.loop.seed)) {
  if (!reader_->batch(0, 0, 1).layouts.defined())
    throw ConfigError("stage.latents: " + inputs.data.latents +
                      " holds no layouts, from which grounding is trained; allowed: emoji-pairs, or a folder whose "
                      "metadata.jsonl has \"layout\"");
  unet_ = grounded_unet(inputs.start, spec_, inputs.loop);
}

TensorMap GroundingAddition::weights() const { return added_weights(*unet_, start_.spec()); }

void GroundingAddition::draw(const Turn& turn, TuneBatch& batch) {
  const auto [first, count] = share_of(turn, batch_);
  LayoutRows rows = with_slots(reader_->batch(turn.iteration, first, count).layouts, tuning_.boxes);
  LayoutRows::for_each(
      rows, [&, first = first](const char*, Tensor& x) { x = among_zeros(x.to(at::kFloat), first, batch_); });
  const Tensor dropped = at::rand({batch_, 1}, turn.random) < tuning_.layout_dropout;
  rows.mask_NB = at::where(dropped, at::zeros({}), rows.mask_NB);
  batch.layouts = rows;
}

void GroundingAddition::describe(ModelCard& card) const {
  card.unet = spec_;
  card.sampler = start_.card.sampler;
  card.no_guidance = start_.card.no_guidance;
  card.base = start_.folder;
}

}  // namespace mds
