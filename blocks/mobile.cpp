#include "blocks/mobile.h"

#include <algorithm>

namespace mds {
namespace {

constexpr double batch_norm_eps = 1e-3;  // of the batch norms

Border border_of(int64_t kernel, int64_t stride, int64_t side) {
  const int64_t out = (side + stride - 1) / stride;
  const int64_t zeros = std::max<int64_t>(0, (out - 1) * stride + kernel - side);
  return {zeros / 2, zeros - zeros / 2};
}

// The convolution with its padding; rows and columns have the same, because maps are square.
ConvolutionOp bordered(ConvolutionOp op, const Shape& in) {
  op.bias = false;
  op.border = border_of(op.kernel, op.stride, in.height);
  if (op.border != border_of(op.kernel, op.stride, in.width))
    throw ConfigError("a map of " + to_string(in) + " needs other zeros above than to the left; allowed: square maps");
  return op;
}

struct Unit {
  NormedConvolutionNames names;
  ConvolutionOp op;
  Activation activation = Activation::relu6;
};

Shape list_unit(const Unit& unit, const Shape& in, LayerSink& sink) {
  const ConvolutionOp op = bordered(unit.op, in);
  const Shape out = output_shape(op, in);
  sink.add(unit.names.convolution, op, in, out);
  sink.add(unit.names.norm, {NormKind::batch, op.out, 0, batch_norm_eps, unit.activation}, out, out);
  return out;
}

Shape list_units(const MobileConvolution& block, const Shape& in, LayerSink& sink) {
  return list_unit({block.names, {.in = in.channels, .out = block.out, .kernel = block.kernel, .stride = block.stride}},
                   in, sink);
}

Shape list_units(const MobileBlock& block, const Shape& in, LayerSink& sink) {
  const auto& [expand, depthwise, project] = block.names;
  const int64_t inside = multiply_counts(in.channels, block.expansion);
  const Shape wide = block.expansion == 1 ? in : list_unit({expand, {.in = in.channels, .out = inside}}, in, sink);
  const ConvolutionOp filter{
      .in = inside, .out = inside, .kernel = block.kernel, .stride = block.stride, .groups = inside};
  const Shape filtered = list_unit({depthwise, filter}, wide, sink);
  return list_unit({project, {.in = inside, .out = block.out}, Activation::none}, filtered, sink);
}

Shape shape_behind(const auto& block, const Site& site) {
  CostSink unused;
  return list_units(block, site.in, unused);
}

}  // namespace

Shape output_shape(const MobileConvolution& block, const Site& site) { return shape_behind(block, site); }
Shape output_shape(const MobileBlock& block, const Site& site) { return shape_behind(block, site); }
void list_layers(const MobileConvolution& block, const Site& site, LayerSink& sink) {
  list_units(block, site.in, sink);
}
void list_layers(const MobileBlock& block, const Site& site, LayerSink& sink) { list_units(block, site.in, sink); }

}  // namespace mds
