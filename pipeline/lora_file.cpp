// Reads and writes files of low-rank updates.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "pipeline/lora.h"
#include "spec/json_text.h"

namespace mds {
namespace {

// What a file has of one layer.
struct Found {
  std::string name;
  Tensor down, up;
  std::optional<double> alpha{};
};

// The alphas that diffusers writes beside PEFT's names, as JSON in the header: for a part, or for some of its layers.
class Alphas {
 public:
  Alphas(const std::map<std::string, std::string>& metadata, const std::string& source) {
    if (const auto found = metadata.find("lora_adapter_metadata"); found != metadata.end())
      json_ = parse_json(found->second, source + ": lora_adapter_metadata");
  }

  double of(const LoraTarget& target, int64_t rank) const {
    double alpha = value(target.part + ".lora_alpha").value_or(double(rank));
    const std::string name = target.peft.substr(target.part.size() + 1);
    if (const Json* patterns = at(target.part + ".alpha_pattern"); patterns && patterns->is_object())
      for (const auto& [pattern, given] : patterns->items())
        if (given.is_number() && (name == pattern || name.ends_with("." + pattern))) alpha = given.get<double>();
    const Json* stabilised = at(target.part + ".use_rslora");
    return stabilised && *stabilised == true ? alpha * std::sqrt(double(rank)) : alpha;  // alpha / sqrt(rank)
  }

 private:
  const Json* at(const std::string& key) const { return json_.contains(key) ? &json_.at(key) : nullptr; }
  std::optional<double> value(const std::string& key) const {
    const Json* found = at(key);
    return found && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
  }

  Json json_ = Json::object();
};

// A shape without the sides of one at its end, beyond two: a 1 x 1 convolution may be a linear layer.
std::vector<int64_t> matrix_shape(at::IntArrayRef sizes) {
  std::vector<int64_t> shape = sizes.vec();
  while (shape.size() > 2 && shape.back() == 1) shape.pop_back();
  return shape;
}

// Why the layer cannot be used; empty where it can.
std::string problem_of(const Found& found, const LoraTarget& target) {
  if (!found.down.defined() || !found.up.defined())
    return std::string("without its matrix ") + (found.down.defined() ? "B " : "A ") + found.name;
  for (const Tensor& tensor : {found.down, found.up})
    if (const std::string wrong = wrong_type(tensor); !wrong.empty()) return wrong + " " + found.name;
  if (found.down.dim() < 2 || found.down.size(0) == 0) return "of rank 0 " + found.name + "; allowed: at least 1";
  const int64_t rank = found.down.size(0);
  std::vector<int64_t> down = target.shape, up(down.size(), 1);
  up[0] = std::exchange(down[0], rank);
  up[1] = rank;
  if (matrix_shape(found.down.sizes()) != matrix_shape(down) || matrix_shape(found.up.sizes()) != matrix_shape(up))
    return "misshapen " + found.name + ": " + sizes_text(found.down.sizes()) + " and " + sizes_text(found.up.sizes()) +
           ", expected " + sizes_text(down) + " and " + sizes_text(up);
  if (!is_finite(found.down) || !is_finite(found.up) || !std::isfinite(found.alpha.value_or(0)))
    return "not finite " + found.name;
  return {};
}

using FoundLayers = std::map<const LoraTarget*, Found>;

// Sorts the tensors of a file by layers. Returns those that are of none.
std::vector<std::string> collect(const TensorMap& tensors, const LoraNames& names, FoundLayers& layers,
                                 std::vector<std::string>& problems) {
  std::vector<std::string> strangers;
  for (const auto& [name, tensor] : tensors) {
    const auto key = names.key_of(name);
    if (!key) {
      strangers.push_back(name);
      continue;
    }
    Found& found = layers[key->target];
    if (found.name.empty()) found.name = key->begin;
    Tensor* place = key->role == LoraRole::down ? &found.down : key->role == LoraRole::up ? &found.up : nullptr;
    if (key->role == LoraRole::other) problems.push_back("of another kind than LoRA " + name);
    if (place && place->defined()) problems.push_back("twice there " + name + " and " + found.name);
    if (place) *place = tensor;
    if (key->role != LoraRole::alpha) continue;
    if (tensor.numel() == 1)
      found.alpha = tensor.item<double>();
    else
      problems.push_back("no single number " + name);
  }
  return strangers;
}

}  // namespace

Lora read_lora(const std::string& path, const LoraNames& names) {
  const std::string file = found_lora(path);
  const TensorFile content = load_tensors(file);
  const Alphas alphas(content.metadata, file);
  FoundLayers layers;
  std::vector<std::string> problems;
  Lora lora{.file = file, .parts = {}, .strangers = collect(content.tensors, names, layers, problems)};
  if (layers.empty()) {
    std::string text = file + ": is no LoRA of this model, as none of its " + std::to_string(content.tensors.size()) +
                       " tensors is of one of its layers:";
    for (size_t i = 0; i < std::min<size_t>(10, lora.strangers.size()); ++i) text += "\n  " + lora.strangers[i];
    throw FileError(text);
  }
  for (const auto& [target, found] : layers)
    if (const std::string problem = problem_of(found, *target); !problem.empty()) problems.push_back(problem);
  complain(file, problems);
  for (const auto& [target, found] : layers) {
    const double rank = double(found.down.size(0)), alpha = found.alpha.value_or(alphas.of(*target, int64_t(rank)));
    lora.parts[target->part][target->path] = {found.down, found.up, alpha == 0 ? rank : alpha};
  }
  return lora;
}

Loras read_loras(const std::vector<LoraChoice>& choices, const LoraNames& names) {
  Loras loras;
  for (const auto& [file, weight] : choices) {
    if (!std::isfinite(weight))
      throw RequestError("`lora` " + file + " has the weight " + std::to_string(weight) + "; allowed: finite numbers");
    loras.push_back({read_lora(file, names), weight});
  }
  return loras;
}

void save_lora(const std::string& file, const Lora& lora, const LoraNames& names, const LoraWriting& writing) {
  TensorFile content{.tensors = {}, .metadata = writing.metadata};
  content.metadata["format"] = "pt";
  for (const auto& target : names.targets()) {
    const auto part = lora.parts.find(target.part);
    if (part == lora.parts.end() || !part->second.contains(target.path)) continue;
    const LoraLayer& layer = part->second.at(target.path);
    if (writing.format == LoraFormat::kohya) {
      content.tensors[target.kohya + ".lora_down.weight"] = layer.down;
      content.tensors[target.kohya + ".lora_up.weight"] = layer.up;
      content.tensors[target.kohya + ".alpha"] = at::scalar_tensor(layer.alpha, layer.down.scalar_type());
    } else {
      content.tensors[target.peft + ".lora_A.weight"] = layer.down;
      content.tensors[target.peft + ".lora_B.weight"] =
          layer.scale() == 1 ? layer.up : (layer.up.to(at::kFloat) * layer.scale()).to(layer.up.scalar_type());
    }
  }
  save_tensors(file, content, writing.floating);
}

}  // namespace mds
