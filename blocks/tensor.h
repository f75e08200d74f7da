// The name that tensors have in all of the program.
#pragma once

#include <ATen/core/Tensor.h>

namespace mds {

using at::Tensor;

}  // namespace mds
