// Activation checkpointing of one block: its backward pass runs the forward pass again, so that of what the block
// computes only its output is kept until then.
#pragma once

#include "blocks/block.h"

namespace mds {

struct BlockInput {
  Tensor x, skip;
  Conditioning told;
};

struct BlockOutput {
  Tensor y;
  Tensor x;  // the input passed through: who reads it elsewhere too must read this, or rounding differs
};

// Whether a loss may have gradients to the block's input or to `weight`, any of its own.
bool has_gradients(const BlockInput& input, const Tensor& weight);

// The block's output, with the gradients that forward() has bit for bit. The block must outlive the backward pass,
// which must be a backward(): gradients of weights are added to them, not returned.
BlockOutput recomputed(const Block& block, const BlockInput& input, const Tensor& weight);

}  // namespace mds
