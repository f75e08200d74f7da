#include "blocks/resnet.h"

namespace mds {
namespace {

void list_time(const auto& block, const Site& site, LayerSink& sink) {
  if (block.time == TimeUse::none) return;
  const int64_t out = block.time == TimeUse::scale_shift ? 2 * block.out : block.out;
  sink.add(block.names.time, {site.time_width, out}, Shape::vector(site.time_width), Shape::vector(out));
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
  sink.add(block.names.norm1, norm(c_in), site.in, site.in);
  sink.add(block.names.conv1, {.in = c_in, .out = c, .kernel = 3}, site.in, out);
  list_time(block, site, sink);
  sink.add(block.names.norm2, norm(c), out, out);
  sink.add(block.names.conv2, {.in = c, .out = c, .kernel = 3, .init = Init::zero}, out, out);
  if (c_in != c) sink.add(block.names.shortcut, {.in = c_in, .out = c}, site.in, out);
}

void list_layers(const Separable& block, const Site& site, LayerSink& sink) {
  const int64_t c_in = site.in.channels, c = block.out, hidden = block.expansion * c;
  if (block.kernel % 2 == 0)
    throw ConfigError("kernel " + std::to_string(block.kernel) + " is even; allowed: odd sizes 1 to 15");
  const Shape out = output_shape(block, site);
  const Shape wide = Shape::map(hidden, out.height, out.width);
  if (c_in != c) sink.add(block.names.proj_in, {.in = c_in, .out = c}, site.in, out);
  sink.add(block.names.depthwise, {.in = c, .out = c, .kernel = block.kernel, .groups = c}, out, out);
  list_time(block, site, sink);
  const int64_t groups = block.norm == NormKind::group ? norm_groups(c) : 0;
  sink.add(block.names.norm, {block.norm, c, groups, 1e-5, Activation::none}, out, out);
  sink.add(block.names.expand, {.in = c, .out = hidden}, out, wide);
  sink.add(block.names.project, {.in = hidden, .out = c, .init = Init::zero}, wide, out);
}

}  // namespace mds
