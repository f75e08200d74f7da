#include "blocks/perceptual.h"

namespace mds {
namespace {

ConvolutionOp convolution_of(const ReluConvolution& block, const Shape& in) {
  return {.in = in.channels,
          .out = block.out,
          .kernel = block.kernel,
          .stride = block.stride,
          .border = Border{block.border, block.border}};
}

}  // namespace

Shape output_shape(const ReluConvolution& block, const Site& site) {
  return output_shape(convolution_of(block, site.in), site.in);
}
Shape output_shape(const PerceptualHead&, const Site& site) { return site.in; }

void list_layers(const ReluConvolution& block, const Site& site, LayerSink& sink) {
  sink.add(sole_layer<ConvolutionOp>, convolution_of(block, site.in), site.in, output_shape(block, site));
}

void list_layers(const PerceptualHead&, const Site& site, LayerSink& sink) {
  const ConvolutionOp weights{.in = site.in.channels, .out = 1, .init = Init::non_negative, .bias = false};
  sink.add(sole_layer<ConvolutionOp>, weights, site.in, output_shape(weights, site.in));
}

}  // namespace mds
