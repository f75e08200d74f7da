#include "metrics/ssim.h"

#include <torch/types.h>

namespace mds {
namespace {

constexpr int64_t window = ssim_least_side;
constexpr double window_sigma = 1.5, k1 = 0.01, k2 = 0.03;

Tensor gaussian_window() {
  const auto x = torch::arange(window, torch::kFloat64) - (window - 1) / 2;
  const auto weights = (-x.square() / (2 * window_sigma * window_sigma)).exp();
  return weights / weights.sum();
}

// Means under the window, for each map on its own: (M, H, W) to (M, H - 10, W - 10).
Tensor windowed(const Tensor& maps_MHW, const Tensor& weights) {
  const auto rows = at::conv2d(maps_MHW.unsqueeze(1), weights.view({1, 1, 1, window}));
  return at::conv2d(rows, weights.view({1, 1, window, 1})).squeeze(1);
}

double ssim_of(const Tensor& a_CHW, const Tensor& b_CHW, double data_range) {
  const auto maps =
      windowed(torch::cat({a_CHW, b_CHW, a_CHW * a_CHW, b_CHW * b_CHW, a_CHW * b_CHW}), gaussian_window());
  const auto parts = maps.chunk(5);
  const auto &a = parts[0], &b = parts[1];
  const auto variance_a = parts[2] - a * a, variance_b = parts[3] - b * b, covariance = parts[4] - a * b;
  const double c1 = (k1 * data_range) * (k1 * data_range), c2 = (k2 * data_range) * (k2 * data_range);
  const auto ssim_CHW =
      ((2 * a * b + c1) * (2 * covariance + c2)) / ((a * a + b * b + c1) * (variance_a + variance_b + c2));
  return ssim_CHW.mean().item<double>();
}

}  // namespace

Tensor ssim_values(const Tensor& images_NCHW, const Tensor& reference_NCHW, double data_range) {
  if (images_NCHW.sizes() != reference_NCHW.sizes())
    throw ConfigError(
        c10::str("ssim: pictures are ", images_NCHW.sizes(), ", the reference is ", reference_NCHW.sizes()));
  if (!(data_range > 0)) throw ConfigError("ssim: data_range is " + std::to_string(data_range) + "; allowed: above 0");
  const auto a = checked_float64("pictures", images_NCHW, 4);
  const auto b = checked_float64("reference pictures", reference_NCHW, 4);
  if (a.size(2) < window || a.size(3) < window)
    throw ConfigError(
        c10::str("ssim: pictures are ", a.size(2), " x ", a.size(3), "; allowed: sides of at least ", window));
  const auto values = torch::empty(a.size(0), torch::kFloat64);
  for (int64_t i = 0; i < a.size(0); ++i) values[i] = ssim_of(a[i], b[i], data_range);
  return values;
}

Score ssim(const Tensor& images_NCHW, const Tensor& reference_NCHW, double data_range, const ScoreOptions& options) {
  return mean_score("ssim", ssim_values(images_NCHW, reference_NCHW, data_range), options);
}

}  // namespace mds
