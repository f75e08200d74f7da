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
  sink.add("", ConvolutionOp{.in = site.in.channels, .out = block.out, .kernel = 3, .stride = 2}, site.in,
           output_shape(block, site));
}

void list_layers(const Upsample& block, const Site& site, LayerSink& sink) {
  const Shape out = output_shape(block, site);
  const Shape in = Shape::map(site.in.channels, out.height, out.width);
  sink.add("", ConvolutionOp{.in = in.channels, .out = block.out, .kernel = 3}, in, out);
}

}  // namespace mds
