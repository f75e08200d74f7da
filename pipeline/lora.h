// Low-rank updates of a model's layers (LoRA, arXiv 2106.09685) as files: W' = W + weight alpha / rank B A. They are
// merged into weights when these are loaded, so that a model with them draws with every kernel, as fast as without.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/lora_names.h"
#include "pipeline/model.h"

namespace mds {

// The update of one layer. rank: rows of `down`.
struct LoraLayer {
  Tensor down;  // rank x in, or rank x in x rows x columns
  Tensor up;    // out x rank, or out x rank x 1 x 1
  double alpha = 0;
  int64_t rank() const { return down.size(0); }
  double scale() const { return alpha / double(rank()); }
  LowRank low_rank() const { return {down, up, scale()}; }
};

struct Lora {
  std::string file;
  std::map<std::string, std::map<std::string, LoraLayer>> parts;  // by part, then by the path of the layer
  std::vector<std::string> strangers{};                           // names in its file that are of no layer

  int64_t params() const;
};

// A LoRA with the weight it is used with; several add up.
struct WeightedLora {
  Lora lora;
  double weight = 1;
};
using Loras = std::vector<WeightedLora>;

// A LoRA as a user names it.
struct LoraChoice {
  std::string file;
  double weight = 1;  // 0: without effect; negative: away from what it learnt
};
// RequestError where a weight is not finite; FileError: see read_lora.
Loras read_loras(const std::vector<LoraChoice>& choices, const LoraNames& names);

// The parts of a model that a LoRA can change: its UNet and its text encoders.
std::vector<LoraPart> lora_parts(const ModelCard& card, const std::string& source);

// kohya: of kohya's sd-scripts; peft: of PEFT and diffusers.
enum class LoraFormat : uint8_t { peft, kohya };
template <>
struct EnumNames<LoraFormat> {
  static constexpr std::array names{"peft", "kohya"};
};

// Reads a safetensors file of either format, or lora_file of a folder. FileError where none of its names is of a layer
// (with the first ten), or where layers do not fit (which, and their shapes), have rank 0, lack a half or are not
// finite. Without an alpha, or with one of 0, it is the rank, as in kohya's scripts.
Lora read_lora(const std::string& file, const LoraNames& names);

// kohya's files have an alpha for each layer. PEFT's have none here: the scale is part of B, and alpha is the rank.
struct LoraWriting {
  LoraFormat format = LoraFormat::peft;
  std::map<std::string, std::string> metadata{};
  std::optional<at::ScalarType> floating{};  // type of the file's numbers; nothing: the tensors' own
};
void save_lora(const std::string& file, const Lora& lora, const LoraNames& names, const LoraWriting& writing = {});

// What the LoRAs add to the weight "PATH.weight" of a part, in float32 and in the weight's own shape; undefined where
// they add nothing.
Tensor update_of(const Loras& loras, const std::string& part, const std::string& weight, at::IntArrayRef shape);

// The weights of a part with their updates, summed in float32. The LoRAs must outlive it.
WeightChange with_updates(const Loras& loras, const std::string& part);

bool changes(const Loras& loras, const std::string& part);

// A network that was not prepared, with updates in its weights. undo() puts back what they were, to the bit.
class Merged {
 public:
  Merged(Network& network, const Loras& loras, const std::string& part);
  void undo();

 private:
  std::vector<std::pair<Tensor, Tensor>> before_;  // each changed weight, and a copy of what it was
};

}  // namespace mds
