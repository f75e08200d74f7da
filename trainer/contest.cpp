#include "trainer/contest.h"

#include <ATen/ATen.h>

namespace mds {
namespace {

// Cross-entropy of the logits against the answer "real" and "drawn", mean over all logits.
Tensor said_real(const Tensor& logits) { return at::softplus(-logits).mean(); }
Tensor said_drawn(const Tensor& logits) { return at::softplus(logits).mean(); }

Tensor times(const Tensor& x, size_t count) { return at::cat(std::vector<Tensor>(count, x)); }

}  // namespace

Contest::Contest(const ContestConfig& config, double clamp, NoiseSchedule schedule, const LoopConfig& loop,
                 PicturesOf pictures)
    : config_(config),
      clamp_(clamp),
      schedule_(std::move(schedule)),
      pictures_(std::move(pictures)),
      augmentation_(config.augment, loop) {
  if (pictures_ && config.r1.weight > 0)
    throw ConfigError(
        "r1.weight is " + shown(config.r1.weight) +
        "; allowed with discriminator \"projected\": 0, as the norms of its convolutions bound its slopes");
  if (config.augment.colour && !pictures_)
    throw ConfigError(
        "augment.colour is true; allowed with discriminator \"projected\" alone, as latents have no colours");
}

Tensor Contest::seen(const Tensor& x0, const Tensor& noise, const Sight& sight) const {
  if (pictures_) return augmentation_.apply(pictures_(x0), sight.augment_NR);
  return schedule_.noised(augmentation_.apply(x0, sight.augment_NR), noise, sight.t_N);
}

Sight Contest::draw(const Tensor& t_N, at::IntArrayRef sizes, at::Generator random, std::optional<int64_t> step) const {
  Sight sight{.t_N = t_N, .noise_drawn_NCHW = at::randn(sizes, random), .noise_real_NCHW = at::randn(sizes, random)};
  sight.augment_NR = augmentation_.draw(sizes[0], random);
  if (step && config_.r1.weight > 0 && *step % config_.r1.every == 0) sight.slope_NCHW = at::randn(sizes, random);
  return sight;
}

Tensor Contest::generator_loss(const Tensor& x0, const Tensor& text, const Sight& sight, const LogitsOf& logits) const {
  const Tensor x = seen(x0, sight.noise_drawn_NCHW, sight);
  return said_real(logits(x, {sight.t_N, text}).clamp_max(clamp_));
}

Tensor Contest::discriminator_loss(const Pair& x0, const Tensor& text, const Sight& sight, const LogitsOf& logits) {
  std::vector<Tensor> x{seen(x0.drawn_NCHW, sight.noise_drawn_NCHW, sight),
                        seen(x0.real_NCHW, sight.noise_real_NCHW, sight)};
  const bool penalised = sight.slope_NCHW.defined();
  if (penalised) x.push_back(x[1] + config_.r1.deviation * sight.slope_NCHW);
  const auto said = logits(at::cat(x), {times(sight.t_N, x.size()), times(text, x.size())}).chunk(int64_t(x.size()));
  augmentation_.observe(said[1]);
  const Tensor loss = said_drawn(said[0].clamp_min(-clamp_)) + said_real(said[1].clamp_max(clamp_));
  if (!penalised) return loss;
  return loss + config_.r1.weight * double(config_.r1.every) * (said[1] - said[2]).square().mean();
}

}  // namespace mds
