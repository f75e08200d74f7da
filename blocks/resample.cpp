#include "blocks/resample.h"

namespace mds {

Shape output_shape(const Downsample& block, const Site& site) {
  return Shape::map(block.out, site.in.height / 2, site.in.width / 2);
}

Shape output_shape(const Upsample& block, const Site& site) {
  return Shape::map(block.out, 2 * site.in.height, 2 * site.in.width);
}

void list_layers(const Downsample& block, const Site& site, LayerSink& sink) {
  require_divides("the factor", 2, site.in.height);
  require_divides("the factor", 2, site.in.width);
  if (block.padding == Padding::none)
    throw ConfigError("padding \"none\" does not halve a map; allowed: \"same\", \"after\"");
  const ConvolutionOp op{
      .in = site.in.channels, .out = block.out, .kernel = 3, .stride = 2, .bias = block.bias, .padding = block.padding};
  sink.add(sole_layer<ConvolutionOp>, op, site.in, output_shape(block, site));
}

void list_layers(const Upsample& block, const Site& site, LayerSink& sink) {
  const Shape out = output_shape(block, site);
  const Shape in = Shape::map(site.in.channels, out.height, out.width);
  sink.add(sole_layer<ConvolutionOp>,
           {.in = in.channels, .out = block.out, .kernel = 3, .bias = block.bias, .upsampled = true}, in, out);
}

}  // namespace mds
