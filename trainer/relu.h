// The finetune from softmax to relu attention (the paper, section 3.2; arXiv 2309.08586): the weights stay, relu(q k) /
// L replaces softmax, and the loss is that of base training or the distance to the network with softmax.
#pragma once

#include "trainer/base.h"
#include "trainer/predecessor.h"

namespace mds {

// hard: softmax is replaced at once. blend: its share falls linearly to 0. gain: at once, with a trained factor per
// head. It starts where relu's rows sum to 1 on average, and is folded into the output projection at the end.
enum class Swap : uint8_t { hard, blend, gain };
template <>
struct EnumNames<Swap> {
  static constexpr std::array names{"hard", "blend", "gain"};
};

// data: the loss of base training. start: the distance to what the network with softmax predicts for the same latents,
// which keeps what it has learnt.
enum class ReluTarget : uint8_t { data, start };
template <>
struct EnumNames<ReluTarget> {
  static constexpr std::array names{"data", "start"};
};

struct ReluConfig {
  static constexpr std::string_view kind = "relu";
  std::string start = "out/train/emoji-md-base/model";
  LatentData data;
  Swap swap = Swap::gain;
  int64_t blend_iterations = 2000;
  double caption_dropout = 0.1;
  ReluTarget target = ReluTarget::data;
  bool operator==(const ReluConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("start", self.start, "model folder of the UNet with softmax attention that is finetuned");
    LatentData::describe(self.data, field);
    field("swap", self.swap, "how relu replaces softmax: hard, at once; blend, bit by bit; gain, scaled by head");
    field("blend_iterations", self.blend_iterations, "blend: number of iterations until softmax is gone", at_least(1));
    field("caption_dropout", self.caption_dropout, "share of captions replaced by the empty one", between(0, 1));
    field("target", self.target,
          "what the network learns to predict: data, as in base training; start, what the one "
          "with softmax predicts",
          later());
  }
};

// The same network with relu in all attentions. ConfigError, beginning with `source`, where they are relu already.
UNetSpec with_relu(const UNetSpec& spec, const std::string& source);

struct ReluBatch : LatentBatch {
  Tensor softmax_share{};  // one number; undefined unless softmax is blended

  static void for_each(auto& self, auto&& visit) {
    LatentBatch::for_each(self, visit);
    visit("softmax_share", self.softmax_share);
  }
};

class ReluStage final : public StageOf<ReluBatch> {
 public:
  ReluStage(const ReluConfig& config, const LoopConfig& loop, const LatentSource& latents);
  TensorMap weights() const override;  // the network's; with gain, also "PATH.log_gain" of each attention
  ReluBatch draw(const Turn& turn) override;
  Tensor loss(const ReluBatch& batch, const Observer& observer) override;

  StageCard card() const override;

 private:
  void blend();
  void find_gains(const LoopConfig& loop);

  ReluConfig config_;
  Predecessor start_;
  UNetSpec unet_;
  BaseStage base_;
  Tensor softmax_share_;
  TensorMap log_gains_;
};

StagePtr make_stage(const ReluConfig& config, const StageInputs& inputs);
std::vector<PlannedNetwork> planned_networks(const ReluConfig& config, const PlanInputs& inputs);

// Weights of a network without gains that computes the same: each head's columns of the output projection are
// multiplied by its gain.
TensorMap with_folded_gains(TensorMap weights);

}  // namespace mds
