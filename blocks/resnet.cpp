#include "blocks/resnet.h"

namespace mds {
namespace {

void add_time(TimeUse use, int64_t channels, const Site& site, LayerSink& sink) {
  if (use == TimeUse::none) return;
  const int64_t out = use == TimeUse::scale_shift ? 2 * channels : channels;
  sink.add("time", LinearOp{site.time_width, out}, Shape::vector(site.time_width), Shape::vector(out));
}

}  // namespace

Shape output_shape(const Resnet& block, const Site& site) {
  return Shape::map(block.out, site.in.height, site.in.width);
}
Shape output_shape(const Separable& block, const Site& site) {
  return Shape::map(block.out, site.in.height, site.in.width);
}

void list_layers(const Resnet& block, const Site& site, LayerSink& sink) {
  const int64_t c_in = site.in.channels, c = block.out;
  const Shape out = output_shape(block, site);
  const auto norm = [&](int64_t channels) {
    return NormOp{NormKind::group, channels, norm_groups(channels, block.groups), block.eps, Activation::silu};
  };
  sink.add("norm1", norm(c_in), site.in, site.in);
  sink.add("conv1", ConvolutionOp{.in = c_in, .out = c, .kernel = 3}, site.in, out);
  add_time(block.time, c, site, sink);
  sink.add("norm2", norm(c), out, out);
  sink.add("conv2", ConvolutionOp{.in = c, .out = c, .kernel = 3, .init = Init::zero}, out, out);
  if (c_in != c) sink.add("shortcut", ConvolutionOp{.in = c_in, .out = c}, site.in, out);
}

void list_layers(const Separable& block, const Site& site, LayerSink& sink) {
  const int64_t c_in = site.in.channels, c = block.out, hidden = block.expansion * c;
  if (block.kernel % 2 == 0)
    throw ConfigError("kernel " + std::to_string(block.kernel) + " is even; allowed: odd sizes 1 to 15");
  const Shape out = output_shape(block, site);
  const Shape wide = Shape::map(hidden, out.height, out.width);
  if (c_in != c) sink.add("proj_in", ConvolutionOp{.in = c_in, .out = c}, site.in, out);
  sink.add("dw", ConvolutionOp{.in = c, .out = c, .kernel = block.kernel, .groups = c}, out, out);
  add_time(block.time, c, site, sink);
  const int64_t groups = block.norm == NormKind::group ? norm_groups(c) : 0;
  sink.add("norm", NormOp{block.norm, c, groups, 1e-5, Activation::none}, out, out);
  sink.add("pw1", ConvolutionOp{.in = c, .out = hidden}, out, wide);
  sink.add("pw2", ConvolutionOp{.in = hidden, .out = c, .init = Init::zero}, wide, out);
}

}  // namespace mds
