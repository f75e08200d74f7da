#include "metrics/psnr.h"

#include <torch/types.h>

namespace mds {

Tensor psnr_values(const Tensor& images, const Tensor& reference, double data_range) {
  if (images.sizes() != reference.sizes())
    throw ConfigError(c10::str("psnr: pictures are ", images.sizes(), ", the reference is ", reference.sizes()));
  if (!(data_range > 0)) throw ConfigError("psnr: data_range is " + std::to_string(data_range) + "; allowed: above 0");
  const auto a = checked_float64("pictures", images, images.dim());
  const auto b = checked_float64("reference pictures", reference, images.dim());
  const auto mse = (a - b).square().reshape({a.size(0), -1}).mean(1);
  return (10 * (data_range * data_range / mse).log10()).clamp_max(100);
}

Score psnr(const Tensor& images, const Tensor& reference, double data_range, const ScoreOptions& options) {
  return mean_score("psnr", psnr_values(images, reference, data_range), options);
}

}  // namespace mds
