// Trains what is added to a model whose UNet stays as it is (the paper, section 4.3): an adapter or a ControlNet for
// edges, what reads a layout, or low-rank updates. The loss is that of base training, at the timesteps at which the
// model draws.
#pragma once

#include "trainer/edge_control.h"
#include "trainer/grounding.h"
#include "trainer/lora.h"
#include "trainer/unet_stage.h"

namespace mds {

// sampler: those at which the model's sampler calls the UNet, each as often; all: every timestep of the schedule;
// cubic: all, but (1 - u^3) T for uniform u, so more of the noisy ones (arXiv 2302.08453).
enum class TunedTimesteps : uint8_t { sampler, all, cubic };
template <>
struct EnumNames<TunedTimesteps> {
  static constexpr std::array names{"sampler", "all", "cubic"};
};

struct TuneConfig {
  static constexpr std::string_view kind = "tune";
  std::string start = "weights/emoji-md";
  LatentData data;
  TunedTimesteps timesteps = TunedTimesteps::sampler;
  double caption_dropout = 0, caption_swap = 0;
  std::optional<AdapterTuning> adapter{};
  std::optional<ControlNetTuning> controlnet{};
  std::optional<GroundingTuning> grounding{};
  std::optional<LoraConfig> lora{};
  bool operator==(const TuneConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("start", self.start, "model folder to which something is added; its UNet is not trained");
    LatentData::describe(self.data, field);
    field("timesteps", self.timesteps, "timesteps trained at: those of the model's sampler, all, or more noisy ones");
    field("caption_dropout", self.caption_dropout, "share of captions replaced by the empty one", between(0, 1));
    field("caption_swap", self.caption_swap,
          "share of captions replaced by another picture's, so that what is added is followed where a caption says "
          "otherwise",
          later(between(0, 1)));
    field("adapter", self.adapter, "trains an adapter for edges", later());
    field("controlnet", self.controlnet, "trains a ControlNet for edges", later());
    field("grounding", self.grounding, "trains what draws phrases in boxes, from pictures with layouts", later());
    field("lora", self.lora, "trains low-rank updates of the UNet's layers", later());
  }
};

class TuneStage final : public StageOf<TuneBatch> {
 public:
  // ConfigError where nothing is added, or two things other than grounding with low-rank updates, and as their kinds
  // say.
  TuneStage(const TuneConfig& config, const LoopConfig& loop, const LatentSource& latents);
  TensorMap weights() const override;
  TuneBatch draw(const Turn& turn) override;
  Tensor loss(const TuneBatch& batch, const Observer& observer) override;
  StageCard card() const override { return card_; }  // its model holds what is added
  const Predecessor& start() const { return start_; }
  const std::vector<std::unique_ptr<Addition>>& additions() const { return additions_; }

 private:
  Tensor timesteps_of(const Tensor& choice_N) const;
  void swap_captions(const Turn& turn, Tensor& text_NSC);

  TuneConfig config_;
  Predecessor start_;
  NoiseSchedule schedule_;
  LatentFeed feed_;
  std::unique_ptr<LatentReader> others_;  // the same pictures in another order
  std::vector<int64_t> timesteps_;        // of the sampler
  NetworkPtr unet_;
  std::vector<std::unique_ptr<Addition>> additions_;
  StageCard card_;
};

StagePtr make_stage(const TuneConfig& config, const StageInputs& inputs);
std::vector<PlannedNetwork> planned_networks(const TuneConfig& config, const PlanInputs& inputs);

}  // namespace mds
