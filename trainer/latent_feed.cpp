#include "trainer/latent_feed.h"

#include <ATen/ATen.h>

#include "pipeline/encode.h"

namespace mds {

Tensor among_zeros(const Tensor& rows, int64_t first, int64_t count) {
  if (rows.size(0) == count) return rows;
  std::vector<int64_t> sizes = rows.sizes().vec();
  sizes[0] = count;
  Tensor all = at::zeros(sizes, rows.options());
  all.narrow(0, first, rows.size(0)).copy_(rows);
  return all;
}

LatentFeed::LatentFeed(const LatentSource& latents, int64_t batch, uint64_t seed)
    : latents_(latents), batch_(batch), reader_(latents.reader(batch, seed)) {
  if (latents.training_count() == 0) throw ConfigError("stage.latents: every pair is held out; nothing to train on");
}

LatentRows LatentFeed::rows_of(const Turn& turn) {
  const auto [first, count] = share_of(turn, batch_);
  const LatentRows own = reader_->batch(turn.iteration, first, count);
  return {.moments = among_zeros(own.moments, first, batch_), .text = among_zeros(own.text, first, batch_)};
}

LatentBatch LatentFeed::next(const Turn& turn, int64_t choices, double caption_dropout) {
  const LatentRows rows = rows_of(turn);
  const Posterior latent = posterior(rows.moments);
  const Tensor x0 = to_unet(latents_.scale, latent.sample(at::randn(latent.mean.sizes(), turn.random)));
  const Tensor noise = at::randn(x0.sizes(), turn.random);
  const Tensor t = at::randint(choices, {batch_}, turn.random, at::kLong);
  const Tensor dropped = at::rand({batch_, 1, 1}, turn.random) < caption_dropout;
  const Tensor text = at::where(dropped, latents_.empty_text, rows.text).to(at::kFloat);
  return {.x0_NCHW = x0, .noise_NCHW = noise, .t_N = t, .text_NSC = text};
}

Tensor LatentFeed::empty_text() const { return latents_.empty_text.to(at::kFloat); }

}  // namespace mds
