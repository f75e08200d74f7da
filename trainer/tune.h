// Trains what is added to a model whose UNet stays as it is (the paper, section 4.3): an adapter for edges, or low-rank
// updates. The loss is that of base training, at the timesteps at which the model draws.
#pragma once

#include "networks/adapter.h"
#include "pipeline/canny.h"
#include "trainer/latent_feed.h"
#include "trainer/loop.h"
#include "trainer/lora.h"
#include "trainer/predecessor.h"
#include "trainer/projected_discriminator.h"
#include "trainer/unet_stage.h"

namespace mds {

// sampler: those at which the model's sampler calls the UNet, each as often; all: every timestep of the schedule;
// cubic: all, but (1 - u^3) T for uniform u, so more of the noisy ones (arXiv 2302.08453).
enum class TunedTimesteps : uint8_t { sampler, all, cubic };
template <>
struct EnumNames<TunedTimesteps> {
  static constexpr std::array names{"sampler", "all", "cubic"};
};

struct AdapterTuning {
  int64_t reduction = 1;
  int64_t channels = 1;
  CannyThresholds edges{};
  bool operator==(const AdapterTuning&) const = default;

  static void describe(auto& self, auto&& field) {
    field("reduction", self.reduction, "divisor of the adapter's own widths", between(1, 64));
    field("channels", self.channels, "channels of the control picture, all the same", between(1, 3));
    field("edges", self.edges, "thresholds of the edges found in the training pictures");
  }
};

struct TuneConfig {
  static constexpr std::string_view kind = "tune";
  std::string start = "weights/emoji-md";
  LatentData data;
  TunedTimesteps timesteps = TunedTimesteps::sampler;
  double caption_dropout = 0;
  std::optional<AdapterTuning> adapter{};
  std::optional<LoraConfig> lora{};
  bool operator==(const TuneConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("start", self.start, "model folder to which something is added; its UNet is not trained");
    LatentData::describe(self.data, field);
    field("timesteps", self.timesteps, "timesteps trained at: those of the model's sampler, all, or more noisy ones");
    field("caption_dropout", self.caption_dropout, "share of captions replaced by the empty one", between(0, 1));
    field("adapter", self.adapter, "trains an adapter for edges", later());
    field("lora", self.lora, "trains low-rank updates of the UNet's layers", later());
  }
};

struct TuneBatch : LatentBatch {
  Tensor control_NCHW{};  // undefined without an adapter

  static void for_each(auto& self, auto&& visit) {
    LatentBatch::for_each(self, visit);
    visit("control", self.control_NCHW);
  }
};

// Edges of the pictures that latents stand for, found once for each picture where memory allows.
class LatentEdges {
 public:
  LatentEdges(LatentDecoder decoder, const CannyThresholds& thresholds, int64_t channels);
  // From moments N x 2C x H x W: float32 N x channels x height x width in 0..1, on the CPU.
  Tensor of(const Tensor& moments);

 private:
  Tensor found(const Tensor& moments) const;  // uint8 N x height x width

  static constexpr int64_t most_kept_bytes = int64_t(1) << 30;
  LatentDecoder decoder_;
  CannyThresholds thresholds_;
  int64_t channels_, kept_bytes_ = 0;
  std::map<std::string, Tensor> kept_;  // by the SHA-256 of a picture's moments
};

class TuneStage final : public StageOf<TuneBatch> {
 public:
  TuneStage(const TuneConfig& config, const LoopConfig& loop, const LatentSource& latents);
  TensorMap weights() const override;         // "adapter.PATH" and "lora.PATH"
  Lora lora(const TensorMap& weights) const;  // of such weights; without layers where none is trained
  const Predecessor& start() const { return start_; }
  TuneBatch draw(const Turn& turn) override;
  Tensor loss(const TuneBatch& batch, const Observer& observer) override;
  StageCard card() const override { return card_; }  // its model holds what was added, and no UNet

 private:
  Tensor timesteps_of(const Tensor& choice_N) const;
  Tensor control_of(const Turn& turn);

  TuneConfig config_;
  int64_t batch_;
  Predecessor start_;
  NoiseSchedule schedule_;
  LatentFeed feed_;
  std::vector<int64_t> timesteps_;  // of the sampler
  NetworkPtr unet_, adapter_;
  std::optional<LoraTraining> lora_;
  std::unique_ptr<LatentReader> reader_;  // of the pictures whose edges are found
  std::optional<LatentEdges> edges_;
  StageCard card_;
};

StagePtr make_stage(const TuneConfig& config, const StageInputs& inputs);
std::vector<PlannedNetwork> planned_networks(const TuneConfig& config, const PlanInputs& inputs);

}  // namespace mds
