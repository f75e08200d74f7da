// Group norm of a map and layer norm of tokens or of a map's positions, without gradients, over all threads.
#pragma once

#include "blocks/layer.h"
#include "spec/tensor.h"

namespace mds {

// x: N x C x H x W with channels last in memory, or N x T x C; float32 or bfloat16. weight_C, bias_C: float32.
Tensor plain_norm(const NormOp& op, const Tensor& x, const Tensor& weight_C, const Tensor& bias_C);

}  // namespace mds
