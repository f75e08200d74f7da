// Group norm, with SiLU behind it or none, of a channels-last float32 map on a CPU, and its gradients. LibTorch's own
// goes there through a group's few channels at a time; this one through whole rows of channels, and SiLU's input is
// computed again for the gradients instead of kept.
#pragma once

#include <ATen/core/Tensor.h>

namespace mds {

using at::Tensor;

struct GroupNorm {
  int64_t groups;
  double eps;
  bool silu;
};

// N x C x H x W, contiguous in channels-last memory, as is the result. It has no second gradients.
Tensor rows_group_norm(const Tensor& x_NCHW, const Tensor& weight_C, const Tensor& bias_C, const GroupNorm& norm);

}  // namespace mds
