// The gradients of attention of wide heads, by products of tiles: scores are computed again and never leave the cache.
#pragma once

#include "blocks/kernels/attention.h"

namespace mds {

// All tensors contiguous and float32 or bfloat16 alike. With softmax there are at most most_keys keys.
AttentionGradients tiled_attention_gradients(const AttentionOp& op, const AttentionInput& in, const Tensor& d_out_NTC);

}  // namespace mds
