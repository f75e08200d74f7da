// Peak signal-to-noise ratio in decibels: 10 log10(range^2 / MSE) of each picture.
#pragma once

#include <ATen/core/Tensor.h>

#include "metrics/score.h"
#include "spec/tensor.h"

namespace mds {

// images and reference: (N, ...) of one shape, in units where black to white spans `data_range` (1, 2 or 255). Float64
// (N), capped at 100 dB so that one identical picture does not make a mean infinite. ConfigError for unequal shapes, a
// range that is not positive, and values that are not finite.
Tensor psnr_values(const Tensor& images, const Tensor& reference, double data_range);

// The mean over pictures.
Score psnr(const Tensor& images, const Tensor& reference, double data_range, const ScoreOptions& options = {});

}  // namespace mds
