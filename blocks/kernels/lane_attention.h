// Attention of narrow heads with its gradients, as training needs it on a CPU: scores are computed again for the
// gradients and never stored, and sums are float32.
#pragma once

#include "blocks/layer.h"
#include "spec/tensor.h"

namespace mds {

// q: N x T x C, k and v: N x S x C, float32 or bfloat16; C is divided among the heads. -> N x T x C. There are no second
// derivatives.
Tensor lane_attention(const AttentionOp& op, const Tensor& q_NTC, const Tensor& k_NSC, const Tensor& v_NSC);

}  // namespace mds
