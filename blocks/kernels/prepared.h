// A layer that was prepared for passes without gradients on the CPU: its weights are packed, and what follows it is
// done while its results are in the cache.
#pragma once

#include <memory>

#include "blocks/kernels/epilogue.h"
#include "blocks/kernels/packing.h"

namespace mds {

class PreparedLayer {
 public:
  virtual ~PreparedLayer() = default;
  // x and the result: N x T x C, or N x C x H x W with channels last in memory.
  virtual Tensor forward(const Tensor& x, const Epilogue& then) const = 0;
};
using PreparedLayerPtr = std::unique_ptr<const PreparedLayer>;

// The weights of a layer: out x in (x rows x columns), and a bias or an undefined tensor, both float32 or bfloat16.
struct LayerWeights {
  Tensor weight, bias;
  Packing* packing = nullptr;  // where they are packed; null: in this layer alone
};

// The matrix product of a linear layer or a 1x1 convolution. gated: the output is halves (value, gate).
PreparedLayerPtr prepare_product(const LayerWeights& weights, bool gated);

// The same with weights of 8 bits and a scale for each output, for activations in bfloat16. Either each row is rounded
// to 8 bits too, by its own range, and integers are multiplied; or weights are widened as they are used.
PreparedLayerPtr prepare_int8_product(const LayerWeights& weights, bool gated);
PreparedLayerPtr prepare_weight_only_product(const LayerWeights& weights, bool gated);
// Whether this processor and this LibTorch multiply 8-bit integers.
bool multiplies_int8();

// A convolution of stride 1 or 2 as one product for each tap of its kernel. op.upsampled: the map is enlarged first,
// and each of the four phases of the result needs 2x2 taps of the small map.
PreparedLayerPtr prepare_taps(const ConvolutionOp& op, const LayerWeights& weights);

// A 3x3 convolution of stride 1 by Winograd's algorithm (arXiv 1509.09308): F(4x4) in float32, F(2x2) in bfloat16,
// whose rounding F(4x4) would enlarge fivefold. op.upsampled: the map is enlarged first, and the four phases of the
// result are convolutions of the small map, by F(3x3) of 2x2 kernels. in channels: a multiple of 16.
PreparedLayerPtr prepare_winograd(const ConvolutionOp& op, const LayerWeights& weights);

}  // namespace mds
