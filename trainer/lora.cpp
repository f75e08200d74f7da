#include "trainer/lora.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "trainer/stage.h"

namespace mds {
namespace {

constexpr const char *down_ending = ".lora_A", *up_ending = ".lora_B";  // of a weight, behind the path of its layer

// `*` is any text, also none.
bool matches(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern.front() != '*')
    return !path.empty() && pattern.front() == path.front() && matches(pattern.substr(1), path.substr(1));
  for (size_t skipped = 0; skipped <= path.size(); ++skipped)
    if (matches(pattern.substr(1), path.substr(skipped))) return true;
  return false;
}

std::vector<LoraTarget> chosen(const Plan& plan, const LoraConfig& config) {
  const LoraNames names({{"unet", plan}});
  std::vector<LoraTarget> found;
  const auto is_of = [](const LoraTarget& target) {
    return [&target](const std::string& pattern) { return matches(pattern, target.path); };
  };
  for (const auto& pattern : config.layers)
    if (std::none_of(names.targets().begin(), names.targets().end(),
                     [&](const LoraTarget& target) { return matches(pattern, target.path); }))
      throw ConfigError("stage.lora.layers has " + shown(pattern) +
                        ", which is of no linear layer or convolution; allowed: paths that `mdsearch spec NETWORK "
                        "--layers` shows, with * for any text");
  for (const auto& target : names.targets())
    if (std::any_of(config.layers.begin(), config.layers.end(), is_of(target))) found.push_back(target);
  if (found.empty()) throw ConfigError("stage.lora.layers is empty; allowed: at least one path");
  return found;
}

std::map<std::string, LayerModule*> layers_of(const Network& network) {
  std::map<std::string, LayerModule*> layers;
  for (const auto& item : network.named_modules(/*name_prefix=*/"", /*include_self=*/false))
    if (auto* layer = dynamic_cast<LayerModule*>(item.value().get())) layers[item.key()] = layer;
  return layers;
}

}  // namespace

LoraTraining::LoraTraining(const Network& unet, const Plan& plan, const LoraConfig& config, uint64_t seed) {
  const auto modules = layers_of(unet);
  const auto options = at::TensorOptions(unet.device());
  auto random = generator_for(seed, 0, /*purpose=*/7);
  for (const auto& target : chosen(plan, config)) {
    std::vector<int64_t> down = target.shape, up(target.shape.size(), 1);
    const int64_t out = down[0], fan_in = c10::multiply_integers(down) / out,
                  rank = std::min({config.rank, out, fan_in});
    down[0] = up[1] = rank;
    up[0] = out;
    const Tensor a = (at::rand(down, random) * 2 - 1) / std::sqrt(double(fan_in));
    LoraLayer& layer = layers_[target.path];
    layer = {.down = a.to(options).requires_grad_(),
             .up = at::zeros(up, options).requires_grad_(),
             .alpha = config.alpha > 0 ? config.alpha * double(rank) / double(config.rank) : double(rank)};
    modules.at(target.path)->adapt(layer.low_rank());
  }
}

TensorMap LoraTraining::weights() const {
  TensorMap weights;
  for (const auto& [path, layer] : layers_) {
    weights[path + down_ending] = layer.down;
    weights[path + up_ending] = layer.up;
  }
  return weights;
}

Lora LoraTraining::lora(const TensorMap& weights) const {
  Lora lora;
  for (const auto& [path, layer] : layers_)
    lora.parts["unet"][path] = {.down = weights.at(path + down_ending).detach().cpu(),
                                .up = weights.at(path + up_ending).detach().cpu(),
                                .alpha = layer.alpha};
  return lora;
}

LoraAddition::LoraAddition(const LoraConfig& config, const AdditionInputs& inputs, const Network& unet)
    : unet_(make_plan(inputs.start.spec())), training_(unet, unet_, config, inputs.loop.seed) {}

void LoraAddition::save(const std::string& folder, const TensorMap& weights, const ModelCard& card) const {
  std::filesystem::create_directories(folder);
  save_lora(folder + "/" + lora_file, lora(weights), LoraNames({{"unet", unet_}}),
            {.metadata = {{"base_model", card.provenance.predecessor}, {"run", card.provenance.run_id}},
             .floating = at::kHalf});
}

}  // namespace mds
