// LPIPS v0.1 (Zhang et al., 2018): perceptual distance of picture pairs by VGG16's or AlexNet's features; the formula
// is pipeline/lpips.h's. AlexNet's is the one that evaluations report, VGG's the one that serves as a loss.
#pragma once

#include <map>
#include <string>

#include "metrics/score.h"
#include "networks/lpips.h"
#include "pipeline/weights.h"

namespace mds {

// A trunk with its heads, for pictures of any size.
class Lpips {
 public:
  // `file`: safetensors of the whole state of lpips.LPIPS, of torchvision's classifier together with the heads that the
  // package lpips holds, or of our own names. FileError where it does not fit, and for a head that is negative.
  Lpips(LpipsTrunk trunk, const std::string& file);

  // images and reference: (N, 3, H, W) of one shape in [-1, 1], sides of at least 16, with AlexNet 31. Float64 (N) on
  // the CPU, each pair's whatever its neighbours are. ConfigError for other shapes and for values outside.
  at::Tensor values(const at::Tensor& images_NCHW, const at::Tensor& reference_NCHW);

  // The mean over pictures, named lpips_vgg or lpips_alex.
  Score score(const at::Tensor& images_NCHW, const at::Tensor& reference_NCHW, const ScoreOptions& options = {});

 private:
  const Network& network_for(int64_t height, int64_t width);

  LpipsSpec spec_;
  NetworkPtr network_;  // of spec_; one of another size takes over its weights
};

}  // namespace mds
