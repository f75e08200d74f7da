// Attention of tokens: what it computes, by the library or by a kernel of ours.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "blocks/layer.h"
#include "spec/tensor.h"

namespace mds {

// The channels of each tensor are divided among the heads.
struct AttentionInput {
  Tensor q_NTC, k_NSC, v_NSC;
};

using AttentionGradients = std::array<Tensor, 3>;  // of q, k and v

// N x T x C, for each head: softmax(q k^T / sqrt(D)) v, or relu(q k^T / sqrt(D)) v / S (arXiv 2309.08586), where D is
// the width of a head.
Tensor attend(const AttentionOp& op, const AttentionInput& in);

// N x H x T x S: relu(q k^T / sqrt(D)) / S.
Tensor relu_weights(const AttentionOp& op, const AttentionInput& in);

}  // namespace mds
