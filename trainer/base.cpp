#include "trainer/base.h"

#include <ATen/ATen.h>

namespace mds {
namespace {

constexpr double min_snr_gamma = 5;

}  // namespace

Tensor min_snr_weight(Prediction prediction, const Amplitudes& at_t) {
  const Tensor signal = at_t.a.square(), capped = min_snr_gamma * at_t.s.square();  // SNR and gamma, both times s^2
  if (prediction == Prediction::v) return at::minimum(signal, capped);
  return (capped / signal).clamp_max(1);
}

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
  if (const int64_t pixels = pixels_a_latent * latents.moments.size(2); config.size > 0 && config.size != pixels)
    throw ConfigError("stage.size is " + std::to_string(config.size) + "; the latents are of " +
                      std::to_string(pixels) + " px");
  unet_->checkpoint_activations(loop.checkpoint_activations);
}

LatentBatch BaseStage::draw(const Turn& turn) {
  LatentBatch batch = feed_.next(turn, schedule_.steps(), config_.caption_dropout);
  Tensor& noise = batch.noise_NCHW;
  if (config_.noise_offset > 0)
    noise = noise + config_.noise_offset * at::randn({noise.size(0), noise.size(1), 1, 1}, turn.random);
  return batch;
}

Tensor BaseStage::loss(const LatentBatch& batch, const Observer& observer) {
  const auto& [x0, noise, t, text] = batch;
  const Tensor output = predicted(*unet_, schedule_.noised(x0, noise, t), {t, text}, observer);
  const Amplitudes at_t{schedule_.a(t), schedule_.s(t)};
  const Tensor wanted = target(config_.prediction, {x0, noise}, at_t);
  if (config_.weight == LossWeight::plain) return at::mse_loss(output, wanted);
  return (min_snr_weight(config_.prediction, at_t) * (output - wanted).square()).mean();
}

}  // namespace mds
