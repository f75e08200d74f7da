// Attention with its gradients, as training needs it on a CPU: scores are computed again for the gradients and never
// stored.
#pragma once

#include "blocks/kernels/attention.h"
#include "blocks/kernels/kernel.h"

namespace mds {

// kernel: lane_attention or tiled_attention. The tensors are float32 or bfloat16 alike. There are no second
// derivatives.
Tensor recorded_attention(Kernel kernel, const AttentionOp& op, const AttentionInput& in);

}  // namespace mds
