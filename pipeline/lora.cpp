#include "pipeline/lora.h"

#include <ATen/ATen.h>
#include <torch/types.h>

namespace mds {
namespace {

constexpr std::string_view leaf = ".weight";

const LoraLayer* layer_in(const Lora& lora, const std::string& part, const std::string& path) {
  const auto layers = lora.parts.find(part);
  if (layers == lora.parts.end()) return nullptr;
  const auto found = layers->second.find(path);
  return found == layers->second.end() ? nullptr : &found->second;
}

}  // namespace

int64_t Lora::params() const {
  int64_t count = 0;
  for (const auto& [part, layers] : parts)
    for (const auto& [path, layer] : layers) count += layer.down.numel() + layer.up.numel();
  return count;
}

std::vector<LoraPart> lora_parts(const ModelCard& card, const std::string& source) {
  std::vector<LoraPart> parts;
  if (card.unet) parts.push_back({"unet", make_plan(*card.unet)});
  const auto texts = text_encoders_of(card, source);
  for (size_t i = 0; i < texts.size(); ++i) parts.push_back({text_encoder_part(i), make_plan(texts[i].tower)});
  return parts;
}

Tensor update_of(const Loras& loras, const std::string& part, const std::string& weight, at::IntArrayRef shape) {
  if (!weight.ends_with(leaf)) return {};
  const std::string path = weight.substr(0, weight.size() - leaf.size());
  Tensor sum;
  for (const auto& [lora, factor] : loras)
    if (const LoraLayer* layer = layer_in(lora, part, path)) {
      const Tensor up = layer->up.to(at::kFloat).flatten(1), down = layer->down.to(at::kFloat).flatten(1);
      const Tensor update = at::mm(up, down) * (factor * layer->scale());
      sum = sum.defined() ? sum + update : update;
    }
  return sum.defined() ? sum.view(shape) : sum;
}

WeightChange with_updates(const Loras& loras, const std::string& part) {
  return [&loras, part](const std::string& name, const Tensor& weight) {
    const Tensor update = update_of(loras, part, name, weight.sizes());
    return update.defined() ? weight.to(at::kFloat) + update : weight;
  };
}

bool changes(const Loras& loras, const std::string& part) {
  return std::any_of(loras.begin(), loras.end(),
                     [&](const WeightedLora& each) { return each.lora.parts.contains(part); });
}

Merged::Merged(Network& network, const Loras& loras, const std::string& part) {
  torch::NoGradGuard no_grad;
  const WeightChange change = with_updates(loras, part);
  for (const auto& item : state_of(network)) {
    Tensor weight = item.value();
    const Tensor changed = change(item.key(), weight);
    if (changed.is_same(weight)) continue;
    before_.emplace_back(weight, weight.detach().clone());
    weight.detach().copy_(changed);
  }
}

void Merged::undo() {
  for (auto& [weight, before] : before_) weight.detach().copy_(before);
  before_.clear();
}

}  // namespace mds
