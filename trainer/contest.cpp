#include "trainer/contest.h"

#include <ATen/ATen.h>

namespace mds {
namespace {

// Cross-entropy of the logits against the answer "real" and "drawn", mean over all logits.
Tensor said_real(const Tensor& logits) { return at::softplus(-logits).mean(); }
Tensor said_drawn(const Tensor& logits) { return at::softplus(logits).mean(); }

Tensor times(const Tensor& x, size_t count) { return at::cat(std::vector<Tensor>(count, x)); }

}  // namespace

Contest::Contest(const ContestConfig& config, double clamp, NoiseSchedule schedule, const LoopConfig& loop)
    : config_(config), clamp_(clamp), schedule_(std::move(schedule)), augmentation_(config.augment, loop) {}

Sight Contest::draw(const Tensor& t_N, at::IntArrayRef sizes, at::Generator random, std::optional<int64_t> step) const {
  Sight sight{.t_N = t_N, .noise_drawn_NCHW = at::randn(sizes, random), .noise_real_NCHW = at::randn(sizes, random)};
  sight.augment_NR = augmentation_.draw(sizes[0], random);
  if (step && config_.r1.weight > 0 && *step % config_.r1.every == 0) sight.slope_NCHW = at::randn(sizes, random);
  return sight;
}

Tensor Contest::generator_loss(const Tensor& x0, const Tensor& text, const Sight& sight, const LogitsOf& logits) const {
  const Tensor x = schedule_.noised(augmentation_.apply(x0, sight.augment_NR), sight.noise_drawn_NCHW, sight.t_N);
  return said_real(logits(x, {sight.t_N, text}).clamp_max(clamp_));
}

Tensor Contest::discriminator_loss(const Pair& x0, const Tensor& text, const Sight& sight, const LogitsOf& logits) {
  const auto seen = [&](const Tensor& x, const Tensor& noise) {
    return schedule_.noised(augmentation_.apply(x, sight.augment_NR), noise, sight.t_N);
  };
  std::vector<Tensor> x{seen(x0.drawn_NCHW, sight.noise_drawn_NCHW), seen(x0.real_NCHW, sight.noise_real_NCHW)};
  const bool penalised = sight.slope_NCHW.defined();
  if (penalised) x.push_back(x[1] + config_.r1.deviation * sight.slope_NCHW);
  const auto said = logits(at::cat(x), {times(sight.t_N, x.size()), times(text, x.size())}).chunk(int64_t(x.size()));
  augmentation_.observe(said[1]);
  const Tensor loss = said_drawn(said[0].clamp_min(-clamp_)) + said_real(said[1].clamp_max(clamp_));
  if (!penalised) return loss;
  return loss + config_.r1.weight * double(config_.r1.every) * (said[1] - said[2]).square().mean();
}

}  // namespace mds
