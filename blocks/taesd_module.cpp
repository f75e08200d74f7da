#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

const Epilogue relu{.activation = Activation::relu};

class TaesdModule final : public Block {
 public:
  TaesdModule(const TaesdNames& names, const LayerMap& layers)
      : conv1_(layers.get(names.conv1)), conv2_(layers.get(names.conv2)), conv3_(layers.get(names.conv3)) {}

  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return at::relu(conv3_.forward(conv2_.forward(conv1_.forward(x, relu), relu), {.residual = x}));
  }

 private:
  const ConvolutionLayer &conv1_, &conv2_, &conv3_;
};

class TaesdEndModule final : public Block {
 public:
  TaesdEndModule(TaesdEnd end, const LayerMap& layers)
      : end_(end), convolution_(layers.get(sole_layer<ConvolutionOp>)) {}

  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    switch (end_) {
      case TaesdEnd::picture_in:
        return convolution_.forward((x + 1) / 2);
      case TaesdEnd::latent_in:
        return convolution_.forward(3 * at::tanh(x / 3), relu);
      case TaesdEnd::picture_out:
        break;
    }
    return 2 * convolution_.forward(x) - 1;
  }

 private:
  TaesdEnd end_;
  const ConvolutionLayer& convolution_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const TaesdBlock& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<TaesdModule>(spec.names, layers);
}
template <>
std::unique_ptr<Block> make_module(const TaesdConvolution& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<TaesdEndModule>(spec.end, layers);
}

}  // namespace mds
