#include "trainer/augment.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace mds {
namespace {

constexpr int64_t adapts_every = 4;
// Of an example's row: whether to shift and by how much, whether to cut and where, whether to change colours and how.
enum Chance : int64_t {
  shifts,
  shift_down,
  shift_right,
  cuts,
  cut_row,
  cut_column,
  without_colour,
  colours = without_colour,
  brightness,
  saturation,
  contrast,
  with_colour
};

// 0 .. count - 1 from uniform numbers below 1.
Tensor chosen(const Tensor& uniform_N, int64_t count) {
  return (uniform_N * double(count)).to(at::kLong).clamp_max(count - 1);
}

// Rows (dim 2) or columns (dim 3) moved by so many places of each example; zeros come in.
Tensor moved(const Tensor& x_NCHW, const Tensor& by_N, int64_t dim) {
  std::vector<int64_t> along{1, 1, 1, 1};
  along[size_t(dim)] = -1;
  const int64_t side = x_NCHW.size(dim);
  const Tensor from = at::arange(side, by_N.options()).view(along) - by_N.view({-1, 1, 1, 1});
  const Tensor inside = (from >= 0).logical_and(from < side);
  return x_NCHW.gather(dim, from.clamp(0, side - 1).expand_as(x_NCHW)) * inside;
}

// Whether places along a dimension are in an interval of `width` around each example's centre, N x .. x side x ..
Tensor near(const Tensor& centre_N, int64_t width, const Tensor& x_NCHW, int64_t dim) {
  std::vector<int64_t> along{1, 1, 1, 1};
  along[size_t(dim)] = -1;
  const Tensor first = centre_N.view({-1, 1, 1, 1}) - width / 2;
  const Tensor place = at::arange(x_NCHW.size(dim), centre_N.options()).view(along);
  return (place >= first).logical_and(place < first + width);
}

int64_t share_of(double share, int64_t side) { return std::llround(share * double(side)); }

Tensor shifted(const Tensor& x, const Tensor& rows, double share) {
  const auto by = [&](Chance chance, int64_t dim) {
    const int64_t most = share_of(share, x.size(dim));
    return chosen(rows.select(1, chance), 2 * most + 1) - most;
  };
  return moved(moved(x, by(shift_down, 2), 2), by(shift_right, 3), 3);
}

Tensor cut(const Tensor& x, const Tensor& rows, double share) {
  const auto hidden = [&](Chance chance, int64_t dim) {
    const int64_t side = x.size(dim), width = share_of(share, side);
    return near(chosen(rows.select(1, chance), side + (width + 1) % 2), width, x, dim);
  };
  return x * hidden(cut_row, 2).logical_and(hidden(cut_column, 3)).logical_not();
}

// Brightness moves by up to half of a unit, saturation is multiplied by 0 to 2, contrast by 0.5 to 1.5.
Tensor coloured(const Tensor& x, const Tensor& rows) {
  const auto by = [&](Chance chance) { return rows.select(1, chance).view({-1, 1, 1, 1}); };
  const auto away = [](const Tensor& from, const Tensor& mean, const Tensor& factor) {
    return (from - mean) * factor + mean;
  };
  const Tensor bright = x + (by(brightness) - 0.5);
  const Tensor saturated = away(bright, bright.mean(1, /*keepdim=*/true), 2 * by(saturation));
  return away(saturated, saturated.mean({1, 2, 3}, /*keepdim=*/true), by(contrast) + 0.5);
}

}  // namespace

Augmentation::Augmentation(const AugmentConfig& config, const LoopConfig& loop)
    : config_(config),
      batch_(loop.batch),
      ranks_(loop.ranks),
      probability_(at::full({1}, config.probability, at::device(loop.placement.device).dtype(at::kDouble))),
      own_signs_(at::zeros({2}, at::device(loop.placement.device).dtype(at::kLong))),
      signs_(at::zeros({2}, at::kDouble)) {}

Tensor Augmentation::draw(int64_t examples, at::Generator random) const {
  if (!config_.on()) return {};
  return at::rand({examples, config_.colour ? with_colour : without_colour}, random);
}

Tensor Augmentation::apply(const Tensor& given, const Tensor& rows) const {
  if (!rows.defined()) return given;
  const auto happens = [&](Chance chance) { return (rows.select(1, chance) < probability_).view({-1, 1, 1, 1}); };
  const Tensor x = config_.colour ? at::where(happens(colours), coloured(given, rows), given) : given;
  const Tensor mean = x.mean(at::IntArrayRef{2, 3}, /*keepdim=*/true), off = x - mean;
  const Tensor moved = at::where(happens(shifts), shifted(off, rows, config_.shift), off);
  const Tensor changed = at::where(happens(cuts), cut(moved, rows, config_.cutout), moved);
  return at::where(happens(shifts).logical_or(happens(cuts)), changed + mean, x);
}

void Augmentation::observe(const Tensor& logits) {
  if (!config_.adaptive) return;
  const torch::NoGradGuard no_grad;
  const Tensor sum = logits.sign().to(at::kLong).sum();
  own_signs_.add_(at::stack({sum, at::full_like(sum, logits.numel())}));
}

void Augmentation::adapt(int64_t step) {
  if (!config_.adaptive) return;
  signs_.add_(sum_over(ranks_, own_signs_.to(at::kCPU, at::kDouble)));
  own_signs_.zero_();
  if ((step + 1) % adapts_every != 0) return;
  const double over = signs_[0].item<double>() / signs_[1].item<double>() - config_.target;
  const double change = double(adapts_every * batch_) / double(config_.rise) * double((over > 0) - (over < 0));
  probability_.fill_(std::clamp(probability() + change, 0.0, 1.0));
  signs_.zero_();
}

double Augmentation::probability() const { return probability_.item<double>(); }

TensorMap Augmentation::state() const {
  if (!config_.adaptive) return {};
  return {{"augment.probability", probability_}, {"augment.signs", signs_}};
}

}  // namespace mds
