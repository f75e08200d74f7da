// Attention of narrow heads and its gradients on a CPU, with a head in each lane of a register.
#pragma once

#include "blocks/kernels/attention.h"

namespace mds {

// All tensors contiguous and float32 or bfloat16 alike; sums are float32. The gradients compute scores again.
Tensor lane_attention(const AttentionOp& op, const AttentionInput& in);
AttentionGradients lane_attention_gradients(const AttentionOp& op, const AttentionInput& in, const Tensor& d_out_NTC);

}  // namespace mds
