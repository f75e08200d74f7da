#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

class MobileConvolutionModule final : public Block {
 public:
  MobileConvolutionModule(const NormedConvolutionNames& names, const LayerMap& layers)
      : convolution_(layers.get(names.convolution)), norm_(layers.get(names.norm)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return norm_.forward(convolution_.forward(x));
  }

 private:
  const ConvolutionLayer& convolution_;
  const NormLayer& norm_;
};

class MobileBlockModule final : public Block {
 public:
  MobileBlockModule(const MobileBlock& spec, const Site& site, const LayerMap& layers)
      : adds_input_(spec.stride == 1 && spec.out == site.in.channels),
        expand_(layers.find(spec.names.expand.convolution)),
        expand_norm_(layers.find(spec.names.expand.norm)),
        depthwise_(layers.get(spec.names.depthwise.convolution)),
        depthwise_norm_(layers.get(spec.names.depthwise.norm)),
        project_(layers.get(spec.names.project.convolution)),
        project_norm_(layers.get(spec.names.project.norm)) {}

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

template <>
std::unique_ptr<Block> make_module(const MobileConvolution& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<MobileConvolutionModule>(spec.names, layers);
}
template <>
std::unique_ptr<Block> make_module(const MobileBlock& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<MobileBlockModule>(spec, site, layers);
}

}  // namespace mds
