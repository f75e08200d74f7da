#include "blocks/adapter.h"

#include "spec/error.h"

namespace mds {
namespace {

ConvolutionOp convolution_of(const HintConvolution& block, const Site& site) {
  return {.in = site.in.channels, .out = block.out, .kernel = 3, .stride = block.stride};
}

}  // namespace

Shape output_shape(const Unshuffle& block, const Site& site) {
  const auto& [height, width] = site.in.extent();
  if (height % block.factor != 0 || width % block.factor != 0)
    throw ConfigError("factor is " + std::to_string(block.factor) + "; allowed: divisors of the map's " +
                      to_string(site.in.extent()));
  return Shape::map(site.in.channels * block.factor * block.factor, height / block.factor, width / block.factor);
}
Shape output_shape(const AdapterResidual&, const Site& site) { return site.in; }
Shape output_shape(const HintConvolution& block, const Site& site) {
  return output_shape(convolution_of(block, site), site.in);
}

void list_layers(const Unshuffle& block, const Site& site, LayerSink&) { output_shape(block, site); }

void list_layers(const AdapterResidual& block, const Site& site, LayerSink& sink) {
  const int64_t c = site.in.channels;
  sink.add(block.names.conv1, {.in = c, .out = c, .kernel = 3}, site.in, site.in);
  sink.add(block.names.conv2, {.in = c, .out = c, .init = Init::zero}, site.in, site.in);
}

void list_layers(const HintConvolution& block, const Site& site, LayerSink& sink) {
  sink.add(sole_layer<ConvolutionOp>, convolution_of(block, site), site.in, output_shape(block, site));
}

}  // namespace mds
