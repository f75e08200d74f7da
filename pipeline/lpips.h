// LPIPS v0.1 (Zhang et al., 2018, arXiv 1801.03924): how different two pictures look.
//   d(a, b) = sum over levels of the mean over positions of sum_c w_c (a_c - b_c)^2
// where a and b are a trunk's features, unit-normalised over channels at each position, and w a level's head.
#pragma once

#include "networks/network.h"

namespace mds {

bool is_lpips(const Plan& plan);

// For the network of an LpipsSpec: pictures (N, 3, H, W) of the plan's size in [-1, 1] to N distances, in the type of
// the weights. The observer sees the steps for both pictures, a's first.
Tensor lpips_distance(const Network& network, const Tensor& a_NCHW, const Tensor& b_NCHW,
                      const Observer& observer = {});

}  // namespace mds
