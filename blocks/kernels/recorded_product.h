// Linear layers and 1x1 convolutions with their gradients, as training needs them on a CPU: LibTorch's products of
// float32 reach a third of what the processor can, and those of small matrices in bfloat16 half.
#pragma once

#include <ATen/core/Tensor.h>

#include "spec/tensor.h"

namespace mds {

struct ProductLayerInput {
  Tensor x;         // ... x in, or N x in x H x W in channels-last memory; float32 or bfloat16
  Tensor weight;    // out x in, or out x in x 1 x 1; float32
  Tensor bias;      // out, float32; undefined: none
  Tensor residual;  // as the result; undefined: none
};

// x weight^T + bias + residual, in the type of x. Sums are float32, and so are the gradients of weight and bias. There
// are no second derivatives.
Tensor recorded_product(const ProductLayerInput& in);

}  // namespace mds
