// What follows a linear layer or a convolution at once. A kernel does it on sums that are still in the cache.
#pragma once

#include "blocks/layer.h"
#include "spec/tensor.h"

namespace mds {

//   out = residual + activation(layer(x) + shift)
// A gated layer yields value * activation(gate) of its two halves.
struct Epilogue {
  Activation activation = Activation::none;
  Tensor shift_NC{};  // undefined: none; added to all positions of a sample
  Tensor residual{};  // undefined: none; of the output's shape
};

}  // namespace mds
