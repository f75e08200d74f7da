// Base training of a UNet on cached latents: noise a latent, predict epsilon or v, squared error (the paper, equation
// 1).
#pragma once

#include "networks/unet.h"
#include "pipeline/sampler.h"
#include "trainer/latent_feed.h"
#include "trainer/loop.h"

namespace mds {

struct BaseConfig {
  static constexpr std::string_view kind = "base";
  std::string unet = "mobilediffusion";
  int64_t width_divisor = 8;
  std::string latents = "emoji";
  EncoderFolders encoders;
  Prediction prediction = Prediction::v;
  ScheduleConfig schedule;
  double caption_dropout = 0.1;
  bool operator==(const BaseConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("unet", self.unet, "shipped architecture, or a JSON file");
    field("width_divisor", self.width_divisor, "every width over this; 1: full scale", between(1, 64));
    field("latents", self.latents, "data set, or a file of cached latents");
    field("encoders", self.encoders, "model folders that make the latents, when they are not cached");
    field("prediction", self.prediction, "what the network learns to predict: epsilon or v");
    field("schedule", self.schedule, "noise schedule");
    field("caption_dropout", self.caption_dropout, "share of captions replaced by the empty one", between(0, 1));
  }
};

inline Diffusion diffusion_of(const BaseConfig& config) { return {NoiseSchedule(config.schedule), config.prediction}; }

// The UNet as it is trained on these latents: scaled, with their size, channels and text.
UNetSpec proxy_of(const UNetSpec& unet, int64_t width_divisor, const LatentSet& latents);

class BaseStage final : public Stage {
 public:
  BaseStage(const UNetSpec& unet, const BaseConfig& config, const LoopConfig& loop, const LatentSet& latents);
  // From the weights that the network has.
  BaseStage(NetworkPtr unet, const BaseConfig& config, const LoopConfig& loop, const LatentSet& latents);
  TensorMap weights() const override { return trained_weights(*unet_); }
  TensorMap batch(const Turn& turn) override;
  Tensor loss(const TensorMap& batch, const Observer& observer) override;
  Network& unet() { return *unet_; }

 private:
  BaseConfig config_;
  NoiseSchedule schedule_;
  LatentFeed feed_;
  NetworkPtr unet_;
};

}  // namespace mds
