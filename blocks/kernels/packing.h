// Where prepared layers put the weights that they have packed, so that layers of a later process can take them from
// there.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "spec/tensor.h"

namespace mds {

// Raised when a layer packs its weights in another way.
inline constexpr int packing_version = 2;

struct PackedShape {
  at::ScalarType dtype;
  std::vector<int64_t> sizes;
};

class Packing {
 public:
  virtual ~Packing() = default;
  // The tensors of the layer that is prepared next, contiguous and of these shapes: those that `make` packs, or those
  // that the same layer put here before, in which case the layer's weights need no values.
  virtual std::vector<Tensor> next(const std::vector<PackedShape>& shapes,
                                   const std::function<std::vector<Tensor>()>& make) = 0;
};

}  // namespace mds
