#include "trainer/base.h"

#include <ATen/ATen.h>

#include "pipeline/prediction.h"
#include "trainer/predecessor.h"

namespace mds {

UNetSpec proxy_of(const UNetSpec& unet, int64_t width_divisor, const LatentSet& latents) {
  UNetSpec proxy = scaled(unet, width_divisor);
  proxy.latent_channels = latents.moments.size(1) / 2;
  proxy.size = latents.moments.size(2);
  proxy.text_tokens = latents.text.size(1);
  proxy.text_width = latents.text.size(2);
  return proxy;
}

BaseStage::BaseStage(const UNetSpec& unet, const BaseConfig& config, const LoopConfig& loop, const LatentSet& latents)
    : BaseStage(make_network(make_plan(unet)), config, loop, latents) {
  initialise(*unet_, loop.seed);
}

BaseStage::BaseStage(NetworkPtr unet, const BaseConfig& config, const LoopConfig& loop, const LatentSet& latents)
    : config_(config),
      schedule_(NoiseSchedule(config.schedule).on(compute_device())),
      feed_(latents, loop.batch, loop.seed),
      unet_(std::move(unet)) {
  if (config.prediction == Prediction::x0)
    throw ConfigError("stage.prediction is \"x0\"; base training predicts epsilon or v");
}

TensorMap BaseStage::batch(const Turn& turn) { return feed_.next(turn, schedule_.steps(), config_.caption_dropout); }

Tensor BaseStage::loss(const TensorMap& batch, const Observer& observer) {
  const Tensor &x0 = batch.at("x0"), &noise = batch.at("noise"), &t = batch.at("t");
  const Tensor output = predicted(*unet_, schedule_.noised(x0, noise, t), {t, batch.at("text")}, observer);
  return at::mse_loss(output, target(config_.prediction, {x0, noise}, {schedule_.a(t), schedule_.s(t)}));
}

}  // namespace mds
