#include "trainer/autoencoder.h"

#include <ATen/ATen.h>

namespace mds {
namespace {

// The same crop position for a whole batch keeps the copy cheap; positions differ between iterations.
Tensor random_crop(const Tensor& pictures, int64_t crop, at::Generator random) {
  const int64_t room = pictures.size(2) - crop;
  if (room == 0) return pictures;
  const Tensor at_yx = at::randint(room + 1, {2}, random, at::kLong);
  return pictures.slice(2, at_yx[0].item<int64_t>(), at_yx[0].item<int64_t>() + crop)
      .slice(3, at_yx[1].item<int64_t>(), at_yx[1].item<int64_t>() + crop);
}

// Begins with a deviation of exp(-3): the decoder hears the mean from the first iteration, not unit noise.
void narrow_posterior(Network& encoder, int64_t latent_channels) {
  torch::NoGradGuard no_grad;
  encoder.named_parameters()["quant.bias"].slice(0, latent_channels).fill_(-6);
}

// The model's networks are of the full size, so they are tried before anything is trained on crops.
AutoencoderConfig checked(const AutoencoderConfig& config) {
  if (config.crop > config.size)
    throw ConfigError("stage.crop is " + std::to_string(config.crop) + "; allowed: at most stage.size, " +
                      std::to_string(config.size));
  try {
    make_plan(config.encoder(config.size));
    make_plan(config.decoder(config.size));
  } catch (const ConfigError& error) {
    throw ConfigError("stage.size is " + std::to_string(config.size) + ": " + error.what());
  }
  return config;
}

}  // namespace

AutoencoderStage::AutoencoderStage(const AutoencoderConfig& config, const LoopConfig& loop, Tensor pictures_NCHW)
    : AutoencoderStage(config, loop, std::make_shared<MemoryFeed>(std::move(pictures_NCHW), TokenBatch{}, loop)) {}

AutoencoderStage::AutoencoderStage(const AutoencoderConfig& config, const LoopConfig& loop,
                                   std::shared_ptr<PictureFeed> feed)
    : config_(checked(config)),
      feed_(std::move(feed)),
      encoder_(make_network(make_plan(config.encoder(config.crop)))),
      decoder_(make_network(make_plan(config.decoder(config.crop)))) {
  for (const auto& half : {encoder_, decoder_}) half->checkpoint_activations(loop.checkpoint_activations);
  initialise(*encoder_, loop.seed);
  initialise(*decoder_, loop.seed + 1);
  narrow_posterior(*encoder_, config.latent_channels);
}

TensorMap AutoencoderStage::weights() const {
  TensorMap all = trained_weights(*encoder_, "vae_encoder.");
  all.merge(trained_weights(*decoder_, "vae_decoder."));
  return all;
}

TensorMap AutoencoderStage::batch(const Turn& turn) {
  const Tensor pictures = random_crop(feed_->next(turn.iteration).pictures_NCHW, config_.crop, turn.random);
  const Shape latent = decoder_->plan().input;
  return {{"pictures", pictures},
          {"noise", at::randn({pictures.size(0), latent.channels, latent.height, latent.width}, turn.random)}};
}

Tensor AutoencoderStage::loss(const TensorMap& batch, const Observer& observer) {
  const Tensor x = to_signed(batch.at("pictures"));
  const Posterior latent = posterior(encoder_->forward(x, {}, observer));
  const auto& [mean, std] = latent;
  const Tensor y = decoder_->forward(latent.sample(batch.at("noise")), {}, observer).to(at::kFloat);
  const Tensor kl = 0.5 * (mean.square() + std.square() - 1 - 2 * std.log()).mean();
  return at::mse_loss(y, x) + config_.kl_weight * kl;
}

}  // namespace mds
