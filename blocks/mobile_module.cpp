#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

class MobileConvolutionModule final : public Block {
 public:
  explicit MobileConvolutionModule(const LayerMap& layers)
      : convolution_(layers.get<ConvolutionLayer>("conv")), norm_(layers.get<NormLayer>("bn")) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return norm_.forward(convolution_.forward(x));
  }

 private:
  const ConvolutionLayer& convolution_;
  const NormLayer& norm_;
};

class MobileBlockModule final : public Block {
 public:
  MobileBlockModule(bool adds_input, const LayerMap& layers)
      : adds_input_(adds_input),
        expand_(layers.find<ConvolutionLayer>("expand")),
        expand_norm_(layers.find<NormLayer>("expand_bn")),
        depthwise_(layers.get<ConvolutionLayer>("depthwise")),
        depthwise_norm_(layers.get<NormLayer>("depthwise_bn")),
        project_(layers.get<ConvolutionLayer>("project")),
        project_norm_(layers.get<NormLayer>("project_bn")) {}

  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    Tensor y = expand_ ? expand_norm_->forward(expand_->forward(x)) : x;
    y = depthwise_norm_.forward(depthwise_.forward(y));
    y = project_norm_.forward(project_.forward(y));
    return adds_input_ ? x + y : y;
  }

 private:
  bool adds_input_;
  const ConvolutionLayer* expand_;
  const NormLayer* expand_norm_;
  const ConvolutionLayer& depthwise_;
  const NormLayer& depthwise_norm_;
  const ConvolutionLayer& project_;
  const NormLayer& project_norm_;
};

}  // namespace

std::unique_ptr<Block> make_module(const MobileConvolution&, const Site&, const LayerMap& layers) {
  return std::make_unique<MobileConvolutionModule>(layers);
}
std::unique_ptr<Block> make_module(const MobileBlock& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<MobileBlockModule>(spec.stride == 1 && spec.out == site.in.channels, layers);
}

}  // namespace mds
