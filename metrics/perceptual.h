// The perceptual distance of pairs of pictures as a score: lpips_vgg and lpips_alex (LPIPS v0.1, Zhang et al., 2018) or
// perceptual_effnet; pipeline/perceptual.h has the formulas. Evaluations usually report AlexNet's; VGG's usually serves
// as a loss.
#pragma once

#include <ATen/core/Tensor.h>

#include "metrics/score.h"
#include "pipeline/perceptual.h"
#include "spec/tensor.h"

namespace mds {

// images and reference: (N, 3, H, W) of one shape in [-1, 1]. Sides: at least 16 for LPIPS, 31 with AlexNet, equal for
// EfficientNet-Lite0. Float64 (N) on the CPU; a pair's value does not depend on the other pairs. ConfigError for other
// shapes and for values outside the range.
Tensor perceptual_values(PerceptualNetwork& network, const Tensor& images_NCHW, const Tensor& reference_NCHW);

// The mean over the pictures; it has the name of the network's metric.
Score perceptual_score(PerceptualNetwork& network, const Tensor& images_NCHW, const Tensor& reference_NCHW,
                       const ScoreOptions& options = {});

}  // namespace mds
