#include "pipeline/lora_names.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "pipeline/weight_names.h"

namespace mds {
namespace {

std::optional<std::vector<int64_t>> shape_of(const LayerOp& op) {
  if (const auto* linear = std::get_if<LinearOp>(&op)) return std::vector{linear->out, linear->in};
  const auto* convolution = std::get_if<ConvolutionOp>(&op);
  if (!convolution || convolution->groups > 1) return std::nullopt;
  return std::vector{convolution->out, convolution->in, convolution->kernel, convolution->kernel_width()};
}

// kohya's scripts number the text encoders of a model of several.
std::vector<std::string> kohya_roots(const std::string& part) {
  if (part == "text_encoder") return {"lora_te_", "lora_te1_"};
  if (part == "text_encoder_2") return {"lora_te2_"};
  return {"lora_" + part + "_"};
}

// Before PEFT, diffusers kept the updates of attentions in processors beside the layers; empty for other layers.
std::string processor_name(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> ends{
      {{".to_q", ".processor.to_q_lora"},
       {".to_k", ".processor.to_k_lora"},
       {".to_v", ".processor.to_v_lora"},
       {".to_out.0", ".processor.to_out_lora"}}};
  for (const auto& [layer, processor] : ends)
    if (name.ends_with(layer)) return name.substr(0, name.size() - layer.size()).append(processor);
  return {};
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace

LoraNames::LoraNames(const std::vector<LoraPart>& parts) {
  for (const auto& part : parts) add(part);
}

const LoraTarget* LoraNames::find(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &targets_[found->second];
}

void LoraNames::add(const LoraPart& part) {
  const PartKind kind = kind_of(part.plan);
  std::vector<std::map<std::string, std::string>> libraries;  // diffusers' or transformers' own names first
  for (const auto& dialect : dialects())
    if (dialect.kind == kind) libraries.push_back(layer_names(part.plan, dialect));
  const size_t first = targets_.size();
  for (const auto& step : part.plan.steps)
    for (const auto& layer : layers(step.block, step.site))
      if (const auto shape = shape_of(layer.op))
        targets_.push_back({.part = part.name, .path = layer_path(step.path, layer.name), .shape = *shape});
  const bool known = std::all_of(targets_.begin() + int64_t(first), targets_.end(), [&](const LoraTarget& target) {
    return !libraries.empty() && libraries.front().contains(target.path);
  });
  for (size_t i = first; i < targets_.size(); ++i) {
    LoraTarget& target = targets_[i];
    const std::string& written = known ? libraries.front().at(target.path) : target.path;
    target.peft = part.name + "." + written;
    target.kohya = kohya_roots(part.name).front() + with_underscores(written);
    add_names(target.path, i);
    for (const auto& names : libraries)
      if (const auto found = names.find(target.path); found != names.end()) add_names(found->second, i);
  }
}

void LoraNames::add_names(const std::string& name, size_t target) {
  const std::string& part = targets_[target].part;
  for (const auto& own : {name, processor_name(name)}) {
    if (own.empty()) continue;
    for (const std::string& root : {part + ".", std::string(), std::string("base_model.model.")})
      names_.emplace(root + own, target);
  }
  for (const auto& root : kohya_roots(part)) names_.emplace(root + with_underscores(name), target);
}

}  // namespace mds
