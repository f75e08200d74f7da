#include "trainer/latent_feed.h"

#include <ATen/ATen.h>

#include "pipeline/encode.h"

namespace mds {

LatentFeed::LatentFeed(const LatentSet& latents, int64_t batch, uint64_t seed)
    : latents_(latents), rows_(latents.rows(/*of_held_out=*/false)), batches_(rows_.numel(), batch, seed) {
  if (rows_.numel() == 0) throw ConfigError("stage.latents: every pair is held out; nothing to train on");
}

LatentBatch LatentFeed::next(const Turn& turn, int64_t choices, double caption_dropout) {
  const Tensor chosen = rows_.index_select(0, batches_.at(turn.iteration));
  const int64_t n = chosen.numel();
  const Posterior latent = posterior(latents_.moments.index_select(0, chosen));
  const Tensor x0 = to_unet(latents_.scale, latent.sample(at::randn(latent.mean.sizes(), turn.random)));
  const Tensor noise = at::randn(x0.sizes(), turn.random);
  const Tensor t = at::randint(choices, {n}, turn.random, at::kLong);
  const Tensor dropped = at::rand({n, 1, 1}, turn.random) < caption_dropout;
  const Tensor text = at::where(dropped, latents_.empty_text, latents_.text.index_select(0, chosen)).to(at::kFloat);
  return {.x0_NCHW = x0, .noise_NCHW = noise, .t_N = t, .text_NSC = text};
}

Tensor LatentFeed::empty_text() const { return latents_.empty_text.to(at::kFloat); }

}  // namespace mds
