// Low-rank updates that are trained beside the layers of a frozen UNet (LoRA, arXiv 2106.09685).
#pragma once

#include "pipeline/lora.h"
#include "trainer/addition.h"

namespace mds {

struct LoraConfig {
  int64_t rank = 4;
  double alpha = 0;
  std::vector<std::string> layers{"*.sa.*", "*.ca.*"};
  bool operator==(const LoraConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("rank", self.rank, "rank of each update; a layer's own where its weight has less", between(1, 4096));
    field("alpha", self.alpha, "an update counts alpha / rank times; 0: once", between(0, 65536));
    field("layers", self.layers,
          "paths of the layers that get one, as `mdsearch spec NETWORK --layers` shows them, with * for any text");
  }
};

class LoraTraining {
 public:
  // Puts an update beside each chosen layer of `plan`, which the network has: A random within 1 / sqrt(fan in), B zero,
  // so that the network computes what it did. ConfigError for a pattern that is of no linear layer or convolution
  // without groups.
  LoraTraining(const Network& unet, const Plan& plan, const LoraConfig& config, uint64_t seed);

  TensorMap weights() const;  // "PATH.lora_A" and "PATH.lora_B", float32
  // The LoRA of such weights: those in training or their average.
  Lora lora(const TensorMap& weights) const;

 private:
  std::map<std::string, LoraLayer> layers_;
};

class LoraAddition final : public Addition {
 public:
  // unet: the start's, or one that has more layers, which get no updates.
  LoraAddition(const LoraConfig& config, const AdditionInputs& inputs, const Network& unet);
  TensorMap weights() const override { return prefixed(training_.weights(), "lora."); }
  Lora lora(const TensorMap& weights) const { return training_.lora(with_prefix(weights, "lora.")); }
  void describe(ModelCard&) const override {}
  void save(const std::string& folder, const TensorMap& weights, const ModelCard& card) const override;

 private:
  Plan unet_;  // the start's
  LoraTraining training_;
};

}  // namespace mds
