// Attention whose scores never leave the cache, without gradients.
#pragma once

#include "blocks/layer.h"
#include "spec/tensor.h"

namespace mds {

// q: N x T x C, k and v: N x S x C, float32 or bfloat16; C is divided among the heads. -> N x T x C. Sums and the
// function of the scores are float32.
Tensor fused_attention(const AttentionOp& op, const Tensor& q_NTC, const Tensor& k_NSC, const Tensor& v_NSC);

}  // namespace mds
