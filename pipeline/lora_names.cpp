#include "pipeline/lora_names.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "networks/found_file.h"
#include "pipeline/weight_names.h"

namespace mds {
namespace {

struct Ending {
  std::string_view text;
  LoraRole role;
};

// PEFT, PEFT with the name of its adapter, kohya, diffusers of old for layers and for processors of attention; and what
// belongs to updates of other kinds.
constexpr std::array endings{Ending{".lora_A.weight", LoraRole::down},
                             Ending{".lora_B.weight", LoraRole::up},
                             Ending{".lora_A.default.weight", LoraRole::down},
                             Ending{".lora_B.default.weight", LoraRole::up},
                             Ending{".lora_down.weight", LoraRole::down},
                             Ending{".lora_up.weight", LoraRole::up},
                             Ending{".lora.down.weight", LoraRole::down},
                             Ending{".lora.up.weight", LoraRole::up},
                             Ending{".lora_linear_layer.down.weight", LoraRole::down},
                             Ending{".lora_linear_layer.up.weight", LoraRole::up},
                             Ending{".down.weight", LoraRole::down},
                             Ending{".up.weight", LoraRole::up},
                             Ending{".alpha", LoraRole::alpha},
                             Ending{".lora_mid.weight", LoraRole::other},
                             Ending{".lora_B.bias", LoraRole::other},
                             Ending{".dora_scale", LoraRole::other},
                             Ending{".lora_magnitude_vector", LoraRole::other},
                             Ending{".lora_magnitude_vector.weight", LoraRole::other}};

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

const LoraTarget* LoraNames::find(const std::string& begin) const {
  const auto found = names_.find(begin);
  return found == names_.end() ? nullptr : &targets_[found->second];
}

std::optional<LoraKey> LoraNames::key_of(const std::string& tensor) const {
  const auto ending =
      std::find_if(endings.begin(), endings.end(), [&](const Ending& each) { return tensor.ends_with(each.text); });
  if (ending == endings.end()) return std::nullopt;
  const std::string begin = tensor.substr(0, tensor.size() - ending->text.size());
  const LoraTarget* target = find(begin);
  return target ? std::optional(LoraKey{target, ending->role, begin}) : std::nullopt;
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

std::string found_lora(const std::string& path) {
  const std::string found = found_file(path);
  return std::filesystem::is_directory(found) ? found + "/" + lora_file : found;
}

Cost cost_beside(const Layer& layer, int64_t rank) {
  Shape between = layer.out;
  between.channels = rank;
  LayerOp down = layer.op, up = layer.op;
  if (const auto* linear = std::get_if<LinearOp>(&layer.op)) {
    down = LinearOp{.in = linear->in, .out = rank, .bias = false};
    up = LinearOp{.in = rank, .out = linear->out, .bias = false};
  } else {
    const auto& convolution = std::get<ConvolutionOp>(layer.op);
    std::get<ConvolutionOp>(down).out = rank;
    std::get<ConvolutionOp>(down).bias = false;
    up = ConvolutionOp{.in = rank, .out = convolution.out, .bias = false};
  }
  Cost sum = cost(down, layer.in, between);
  sum += cost(up, between, layer.out);
  return sum;
}

}  // namespace mds
