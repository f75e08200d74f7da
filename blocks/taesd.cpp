#include "blocks/taesd.h"

namespace mds {

Shape output_shape(const TaesdBlock&, const Site& site) { return site.in; }
Shape output_shape(const TaesdConvolution& block, const Site& site) {
  return Shape::map(block.out, site.in.height, site.in.width);
}

void list_layers(const TaesdBlock& block, const Site& site, LayerSink& sink) {
  const int64_t c = site.in.channels;
  for (const auto& name : {block.names.conv1, block.names.conv2, block.names.conv3})
    sink.add(name, {.in = c, .out = c, .kernel = 3}, site.in, site.in);
}

void list_layers(const TaesdConvolution& block, const Site& site, LayerSink& sink) {
  sink.add(sole_layer<ConvolutionOp>, {.in = site.in.channels, .out = block.out, .kernel = 3}, site.in,
           output_shape(block, site));
}

}  // namespace mds
