// The layers of a model that low-rank updates (LoRA, arXiv 2106.09685) can be added to, and their names in files. Every
// name is made from a layer's path: none is taken apart, as underscores in kohya's names may stand for dots or not.
// Independent of LibTorch.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "networks/plan.h"

namespace mds {

// A network of a model folder by the name of its part: "unet", "text_encoder", "text_encoder_2".
struct LoraPart {
  std::string name;
  Plan plan;
};

// A linear layer, or a convolution without groups.
struct LoraTarget {
  std::string part, path;       // "unet", "down1.0.attn.0.sa.q"
  std::vector<int64_t> shape;   // of its weight: out x in, or out x in x rows x columns
  std::string peft{}, kohya{};  // what its names begin with in files that are written
};

// What a tensor of a file is of an update. other: of a kind of update that is no LoRA.
enum class LoraRole : uint8_t { down, up, alpha, other };

struct LoraKey {
  const LoraTarget* target;
  LoraRole role;
  std::string begin;  // of the tensor's name, which all tensors of the layer share
};

class LoraNames {
 public:
  // PEFT's names are those of diffusers and transformers where these have one for every layer of the part, else our
  // paths.
  explicit LoraNames(const std::vector<LoraPart>& parts);

  const std::vector<LoraTarget>& targets() const { return targets_; }
  // The layer whose tensors' names begin so in a file of kohya's scripts, PEFT or diffusers; nullptr where there is
  // none.
  const LoraTarget* find(const std::string& begin) const;
  // What a file's tensor of this name is; nothing where it is of none of the layers.
  std::optional<LoraKey> key_of(const std::string& tensor) const;

 private:
  void add(const LoraPart& part);
  void add_names(const std::string& name, size_t target);

  std::vector<LoraTarget> targets_;
  std::map<std::string, size_t> names_;
};

inline constexpr const char* lora_file = "lora.safetensors";  // of a folder that a training wrote

// The file that a user names: see found_file; lora_file of a folder.
std::string found_lora(const std::string& path);

// What an update of this rank adds to a layer where it is computed beside it, as in training. Merged, it adds nothing.
Cost cost_beside(const Layer& layer, int64_t rank);

}  // namespace mds
