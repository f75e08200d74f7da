#include <ATen/ATen.h>

#include "blocks/adapter.h"
#include "blocks/block.h"

namespace mds {
namespace {

class UnshuffleModule final : public Block {
 public:
  explicit UnshuffleModule(int64_t factor) : factor_(factor) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return at::pixel_unshuffle(x, factor_);
  }

 private:
  int64_t factor_;
};

class AdapterResidualModule final : public Block {
 public:
  AdapterResidualModule(const AdapterNames& names, const LayerMap& layers)
      : conv1_(layers.get(names.conv1)), conv2_(layers.get(names.conv2)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return conv2_.forward(conv1_.forward(x, {.activation = Activation::relu}), {.residual = x});
  }

 private:
  const ConvolutionLayer &conv1_, &conv2_;
};

class HintConvolutionModule final : public Block {
 public:
  explicit HintConvolutionModule(const LayerMap& layers) : convolution_(layers.get(sole_layer<ConvolutionOp>)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return convolution_.forward(x, {.activation = Activation::silu});
  }

 private:
  const ConvolutionLayer& convolution_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const Unshuffle& spec, const Site&, const LayerMap&) {
  return std::make_unique<UnshuffleModule>(spec.factor);
}
template <>
std::unique_ptr<Block> make_module(const AdapterResidual& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<AdapterResidualModule>(spec.names, layers);
}
template <>
std::unique_ptr<Block> make_module(const HintConvolution&, const Site&, const LayerMap& layers) {
  return std::make_unique<HintConvolutionModule>(layers);
}

}  // namespace mds
