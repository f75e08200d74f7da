// Group norm of a channels-last float32 map on a CPU, optionally followed by SiLU, and its gradients. LibTorch's kernel
// visits the few channels of one group at a time; this one visits whole rows of channels. It does not store the input
// of SiLU but computes it again for the gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include "spec/tensor.h"

namespace mds {

struct GroupNorm {
  int64_t groups;
  double eps;
  bool silu;
};

// x is N x C x H x W in channels-last memory, and so is the result. There are no second derivatives.
Tensor rows_group_norm(const Tensor& x_NCHW, const Tensor& weight_C, const Tensor& bias_C, const GroupNorm& norm);

}  // namespace mds
