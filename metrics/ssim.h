// Structural similarity (Wang et al., 2004): a Gaussian window of 11 pixels with sigma 1.5, K1 = 0.01, K2 = 0.03, and
// population covariances. Only windows that lie completely inside the picture count, so no padding is needed: the same
// as skimage with gaussian_weights=True and use_sample_covariance=False.
#pragma once

#include <ATen/core/Tensor.h>

#include "metrics/score.h"
#include "spec/tensor.h"

namespace mds {

inline constexpr int64_t ssim_least_side = 11;  // the side of the window

// images and reference: (N, C, H, W) of one shape with sides of at least 11, in units where black to white spans
// `data_range` (1, 2 or 255). Float64 (N): the mean over windows and channels. ConfigError for unequal shapes, smaller
// sides, a range that is not positive, and values that are not finite.
Tensor ssim_values(const Tensor& images_NCHW, const Tensor& reference_NCHW, double data_range);

// The mean over pictures.
Score ssim(const Tensor& images_NCHW, const Tensor& reference_NCHW, double data_range,
           const ScoreOptions& options = {});

}  // namespace mds
