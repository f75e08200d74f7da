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
  for (size_t i = 0; i < unet.levels.size(); ++i)
    unet.levels[i].stack.grounding =
        has_stacks(unet, i) && (tuning.levels.empty() || std::ranges::count(tuning.levels, int64_t(i) + 1) > 0);
  unet.boxes = tuning.boxes;
  unet.box_width = tuning.box_width;
  return unet;
}

NetworkPtr grounded_unet(const Predecessor& start, const UNetSpec& grounded, const LoopConfig& loop) {
  const NetworkPtr base = start.unet(loop.placement), unet = make_network(make_plan(grounded), loop.placement);
  initialise(*unet, loop.seed + grounding_seed);
  freeze(*unet);
  const torch::NoGradGuard no_grad;
  auto weights = state_of(*unet);
  for (const auto& weight : state_of(*base)) weights[weight.key()].copy_(weight.value());
  return unet;
}

TensorMap added_weights(const Network& unet, const UNetSpec& start, const std::string& prefix) {
  TensorMap weights = trained_weights(unet, prefix);
  for (const auto& step : make_plan(start).steps)
    for (const auto& layer : layers(step.block, step.site))
      for (const char* leaf : {"weight", "bias"})
        weights.erase(prefix + layer_path(step.path, layer.name) + "." + leaf);
  return weights;
}

}  // namespace mds
