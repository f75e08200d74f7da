// Attention of queries, keys and values that are split into heads.
#pragma once

#include <ATen/core/Tensor.h>

#include "blocks/layer.h"
#include "spec/tensor.h"

namespace mds {

struct Heads {
  Tensor q_NHTD, k_NHSD, v_NHSD;
};

// N x H x T x D: softmax(q k^T / sqrt(D)) v, or relu(q k^T / sqrt(D)) v / S (arXiv 2309.08586).
Tensor attend(const AttentionOp& op, const Heads& heads);

// N x H x T x S: relu(q k^T / sqrt(D)) / S.
Tensor relu_weights(const AttentionOp& op, const Heads& heads);

}  // namespace mds
