// How different two pictures look to a classifier, as a loss and as a score: LPIPS (pipeline/lpips.h), or a distance
// of features of EfficientNet-Lite0, which is another measure and has its own name:
//   d(a, b) = mean over five levels of the mean over positions of sum_c (a_c - b_c)^2, from 0 to 4,
// where a and b are the last maps of each resolution, unit-normalised over channels at each position. It has no learned
// heads and was not fitted to human judgement.
#pragma once

#include "networks/network_spec.h"
#include "pipeline/weights.h"

namespace mds {

// Pictures (N, 3, H, W) in [-1, 1] to N distances, with gradients to both; the observer sees the steps of both, a's
// first.
using PerceptualDistance = std::function<Tensor(const Tensor& a_NCHW, const Tensor& b_NCHW, const Observer& observer)>;

class PerceptualNetwork {
 public:
  // For an LpipsSpec or an EfficientNetSpec of any size; ConfigError for others. `file`: weights in any layout that
  // import_weights knows. FileError where they do not fit, and for an LPIPS head with negative weights.
  PerceptualNetwork(const NetworkSpec& spec, const std::string& file, const Placement& placement = {});

  // ConfigError for pictures that are too small, and for EfficientNet-Lite0 also for pictures that are not square.
  Tensor distance(const Tensor& a_NCHW, const Tensor& b_NCHW, const Observer& observer = {});

  const std::string& metric() const { return metric_; }  // lpips_vgg, lpips_alex or perceptual_effnet

 private:
  const Network& network_for(int64_t height, int64_t width);

  NetworkSpec spec_;
  std::string metric_;
  Placement placement_;
  NetworkPtr network_;  // of the last size; another size gets a network with its weights
};

PerceptualDistance distance_of(std::shared_ptr<PerceptualNetwork> network);

}  // namespace mds
