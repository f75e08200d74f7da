// value * silu(gate) with its gradients, as training needs it on a CPU: one pass over memory, and silu(gate) is
// computed again for the gradients and never stored.
#pragma once

#include <ATen/core/Tensor.h>

#include "spec/tensor.h"

namespace mds {

// x: ... x 2C, values and then their gates, float32 or bfloat16. -> ... x C. There are no second derivatives.
Tensor recorded_gate(const Tensor& x);

}  // namespace mds
