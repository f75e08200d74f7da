#include "trainer/base.h"

#include <ATen/ATen.h>

#include "pipeline/encode.h"
#include "pipeline/prediction.h"

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
    : config_(config),
      latents_(latents),
      schedule_(config.schedule),
      train_rows_(latents.rows(/*of_held_out=*/false)),
      batches_(train_rows_.numel(), loop.batch, loop.seed),
      unet_(make_network(make_plan(unet))) {
  if (train_rows_.numel() == 0) throw ConfigError("stage.latents: every pair is held out; nothing to train on");
  if (config.prediction == Prediction::x0)
    throw ConfigError("stage.prediction is \"x0\"; base training predicts epsilon or v");
  initialise(*unet_, loop.seed);
}

Tensor BaseStage::loss(const StepContext& context) {
  const Tensor chosen = train_rows_.index_select(0, batches_.at(context.iteration));
  const int64_t n = chosen.numel();
  const Posterior latent = posterior(latents_.moments.index_select(0, chosen));
  const Tensor x0 = to_unet(latents_.scale, latent.sample(at::randn(latent.mean.sizes(), context.random)));
  const Tensor noise = at::randn(x0.sizes(), context.random);
  const Tensor t = at::randint(schedule_.steps(), {n}, context.random, at::kLong);
  const Tensor dropped = (at::rand({n, 1, 1}, context.random) < config_.caption_dropout);
  Conditioning conditioning;
  conditioning.timesteps_N = t;
  conditioning.text_NSC =
      at::where(dropped, latents_.empty_text.to(at::kFloat), latents_.text.index_select(0, chosen).to(at::kFloat));
  const Tensor output = unet_->forward(schedule_.noised(x0, noise, t), conditioning, context.observer).to(at::kFloat);
  const Tensor wanted = target(config_.prediction, {x0, noise}, {schedule_.a(t), schedule_.s(t)});
  return at::mse_loss(output, wanted.to(output.device()));
}

}  // namespace mds
