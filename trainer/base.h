// Base training of a UNet on cached latents: noise a latent, predict epsilon or v, squared error (the paper, equation
// 1). Starts from seeded weights, or from a model folder whose UNet has another size or prediction.
#pragma once

#include "networks/unet.h"
#include "pipeline/prediction.h"
#include "pipeline/sampler.h"
#include "trainer/latent_feed.h"
#include "trainer/loop.h"
#include "trainer/predecessor.h"
#include "trainer/unet_stage.h"

namespace mds {

// Weight of the squared error by timestep. min_snr: the squared error of x0 times min(SNR, 5) (arXiv 2303.09556).
enum class LossWeight : uint8_t { plain, min_snr };
template <>
struct EnumNames<LossWeight> {
  static constexpr std::array names{"plain", "min_snr"};
};

struct BaseConfig {
  static constexpr std::string_view kind = "base";
  std::string unet = "mobilediffusion";
  int64_t width_divisor = 8;
  LatentData data;
  Prediction prediction = Prediction::v;
  ScheduleConfig schedule;
  double caption_dropout = 0.1;
  std::string start{};
  int64_t size = 0;
  LossWeight weight = LossWeight::plain;
  double noise_offset = 0;
  bool operator==(const BaseConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("unet", self.unet, "UNet to train: a shipped name, a JSON file, or a stored name such as winner@SWEEP");
    field("width_divisor", self.width_divisor, "divisor of all widths of the UNet; 1: full scale", between(1, 64));
    LatentData::describe(self.data, field);
    field("prediction", self.prediction, "what the UNet learns to predict: epsilon or v");
    field("schedule", self.schedule, "noise schedule that the UNet is trained on");
    field("caption_dropout", self.caption_dropout, "share of captions replaced by the empty one", between(0, 1));
    field("start", self.start,
          "model folder whose UNet is trained on, in place of unet and width_divisor; its size and prediction may be "
          "others; empty: seeded weights",
          later());
    field("size", self.size, "side in pixels that the pictures behind the latents must have; 0: any",
          later(between(0, 16384)));
    field("weight", self.weight, "weight of the squared error by timestep: plain, or min_snr with gamma 5", later());
    field("noise_offset", self.noise_offset,
          "deviation of a constant added to each channel's noise, 0.05 to 0.1; 0: none", later(between(0, 1)));
  }
};

inline Diffusion diffusion_of(const BaseConfig& config) { return {NoiseSchedule(config.schedule), config.prediction}; }

// The factor of a prediction's squared error, N x 1 x 1 x 1: min(SNR, 5) / SNR for epsilon and min(SNR, 5) / (SNR + 1)
// for v. Without signal (SNR = 0) they have their limits, 1 and 0.
Tensor min_snr_weight(Prediction prediction, const Amplitudes& at_t);

// The UNet to train on these latents: narrowed, with the latents' size and channels and the text's shape.
UNetSpec proxy_of(const UNetSpec& unet, int64_t width_divisor, const LatentSource& latents);

// The same before there are latents: with the sizes of what the encoders' folders produce and of stage.size. Where a
// folder is not there, the UNet's own, and `notes` say so.
UNetSpec planned_proxy(const UNetSpec& unet, const BaseConfig& config, std::vector<std::string>& notes);

// The network that base training begins with, and what is known of it.
struct BaseStart {
  NetworkPtr unet;
  StageCard card{};
};

class BaseStage final : public StageOf<LatentBatch> {
 public:
  BaseStage(const UNetSpec& unet, const BaseConfig& config, const LoopConfig& loop, const LatentSource& latents);
  // Starts from the weights that the network has.
  BaseStage(NetworkPtr unet, const BaseConfig& config, const LoopConfig& loop, const LatentSource& latents)
      : BaseStage(BaseStart{std::move(unet)}, config, loop, latents) {}
  BaseStage(BaseStart start, const BaseConfig& config, const LoopConfig& loop, const LatentSource& latents);
  TensorMap weights() const override { return trained_weights(*unet_); }
  LatentBatch draw(const Turn& turn) override;
  Tensor loss(const LatentBatch& batch, const Observer& observer) override;
  StageCard card() const override { return card_; }
  Network& unet() { return *unet_; }
  // From then on the loss is the distance to what this frozen network predicts, instead of to the data's noise.
  void learn_from(NetworkPtr teacher) { teacher_ = std::move(teacher); }

 private:
  Tensor wanted(const LatentBatch& batch, const Tensor& x_NCHW, const Amplitudes& at_t) const;

  BaseConfig config_;
  NoiseSchedule schedule_;
  LatentFeed feed_;
  NetworkPtr unet_, teacher_;
  StageCard card_;
};

StagePtr make_stage(const BaseConfig& config, const StageInputs& inputs);
std::vector<PlannedNetwork> planned_networks(const BaseConfig& config, const PlanInputs& inputs);

}  // namespace mds
