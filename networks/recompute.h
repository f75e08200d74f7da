// Activation checkpointing of one block: until the backward pass only the block's output is kept; the backward pass
// runs the forward pass again.
#pragma once

#include "blocks/block.h"

namespace mds {

struct BlockInput {
  Tensor x, skip;
  Conditioning conditioning;
};

struct BlockOutput {
  Tensor y;
  Tensor x;  // the input passed through: its other readers must read this one, else sums of gradients round differently
};

// Whether a loss may have gradients with respect to the block's input or to `weight`, any one of the block's.
bool has_gradients(const BlockInput& input, const Tensor& weight);

// The block's output; its gradients are bit for bit those of forward(). The block must outlive the backward pass,
// which must be a backward(): it adds the gradients of weights to them and does not return them.
BlockOutput recomputed(const Block& block, const BlockInput& input, const Tensor& weight);

}  // namespace mds
