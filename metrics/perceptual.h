// The perceptual distance of picture pairs as a score: lpips_vgg and lpips_alex (LPIPS v0.1, Zhang et al., 2018) or
// perceptual_effnet; the formulas are pipeline/perceptual.h's. AlexNet's is the one that evaluations report, VGG's the
// one that serves as a loss.
#pragma once

#include "metrics/score.h"
#include "pipeline/perceptual.h"

namespace mds {

// images and reference: (N, 3, H, W) of one shape in [-1, 1]; for LPIPS with sides of at least 16, with AlexNet 31; for
// EfficientNet-Lite0 square. Float64 (N) on the CPU, each pair's whatever its neighbours are. ConfigError for other
// shapes and for values outside.
at::Tensor perceptual_values(PerceptualNetwork& network, const at::Tensor& images_NCHW,
                             const at::Tensor& reference_NCHW);

// The mean over pictures, named after the network.
Score perceptual_score(PerceptualNetwork& network, const at::Tensor& images_NCHW, const at::Tensor& reference_NCHW,
                       const ScoreOptions& options = {});

}  // namespace mds
