#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

class ReluConvolutionModule final : public Block {
 public:
  explicit ReluConvolutionModule(const LayerMap& layers) : convolution_(layers.get(sole_layer<ConvolutionOp>)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return at::relu(convolution_.forward(x));
  }

 private:
  const ConvolutionLayer& convolution_;
};

class PerceptualHeadModule final : public Block {
 public:
  explicit PerceptualHeadModule(const LayerMap& layers) : weights_(layers.get(sole_layer<ConvolutionOp>)) {}
  Tensor forward(const Tensor& x_NCHW, const Tensor&, const Conditioning&) const override {
    // The gradient of sqrt(sum of squares) would be NaN where relu left only zeros; that of linalg_vector_norm is not.
    const Tensor length_N1HW = at::linalg_vector_norm(x_NCHW, 2, at::IntArrayRef{1}, /*keepdim=*/true);
    return x_NCHW / (length_N1HW + 1e-10) * weights_.weight().sqrt();
  }

 private:
  const ConvolutionLayer& weights_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const ReluConvolution&, const Site&, const LayerMap& layers) {
  return std::make_unique<ReluConvolutionModule>(layers);
}
template <>
std::unique_ptr<Block> make_module(const PerceptualHead&, const Site&, const LayerMap& layers) {
  return std::make_unique<PerceptualHeadModule>(layers);
}

}  // namespace mds
