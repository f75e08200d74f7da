#include "blocks/feature.h"

namespace mds {
namespace {

Shape list_unit(const ConvolutionUnit& unit, double eps, const Shape& in, LayerSink& sink) {
  const ConvolutionOp convolution{.in = in.channels,
                                  .out = unit.out,
                                  .kernel = unit.rows,
                                  .stride = unit.stride,
                                  .bias = false,
                                  .padding = unit.padding,
                                  .columns = unit.columns};
  const Shape out = output_shape(convolution, in);
  sink.add(unit.names().convolution, convolution, in, out);
  sink.add(unit.names().norm, {NormKind::batch, unit.out, 0, eps, Activation::relu}, out, out);
  return out;
}

// Lists the layers of a branch and returns the shape of its output.
Shape list_branch(const Branches& block, size_t index, const Shape& in, LayerSink& sink) {
  const Branch& branch = block.branches[index];
  Shape x = in;
  if (branch.pool) {
    x = output_shape(pool_op(*branch.pool), in);
    sink.add(LayerName<PoolOp>(pool_name(index)), pool_op(*branch.pool), in, x);
  }
  const size_t chain = branch.units.size() - size_t(branch.fork);
  for (size_t i = 0; i < chain; ++i) x = list_unit(branch.units[i], block.eps, x, sink);
  if (branch.fork == 0) return x;
  Shape joined = Shape::map(0, x.height, x.width);
  for (size_t i = chain; i < branch.units.size(); ++i)
    joined.channels += list_unit(branch.units[i], block.eps, x, sink).channels;
  return joined;
}

Shape list_branches(const Branches& block, const Site& site, LayerSink& sink) {
  Shape out;
  for (size_t i = 0; i < block.branches.size(); ++i) {
    const Shape branch = list_branch(block, i, site.in, sink);
    if (i > 0 && (branch.height != out.height || branch.width != out.width))
      throw ConfigError("branch " + std::to_string(i) + " writes " + to_string(branch) + ", the one before " +
                        to_string(out) + "; allowed: equal heights and widths");
    out = Shape::map(out.channels + branch.channels, branch.height, branch.width);
  }
  return out;
}

}  // namespace

PoolOp pool_op(const SinglePool& pool) {
  return {pool.pool, pool.kernel, pool.stride, pool.border, pool.counts_border};
}

std::string pool_name(size_t branch) { return "pool" + std::to_string(branch); }

Shape output_shape(const LevelScale&, const Site& site) { return site.in; }
Shape output_shape(const ChannelScale&, const Site& site) { return site.in; }
Shape output_shape(const SinglePool& block, const Site& site) { return output_shape(pool_op(block), site.in); }
Shape output_shape(const Branches& block, const Site& site) {
  CostSink unused;
  return list_branches(block, site, unused);
}

void list_layers(const LevelScale&, const Site&, LayerSink&) {}
void list_layers(const ChannelScale& block, const Site& site, LayerSink&) {
  const auto channels = size_t(site.in.channels);
  if (block.shift.size() != channels || block.scale.size() != channels)
    throw ConfigError("shift and scale have " + std::to_string(block.shift.size()) + " and " +
                      std::to_string(block.scale.size()) + " numbers; allowed: one for each of " +
                      std::to_string(channels) + " channels");
}
void list_layers(const SinglePool& block, const Site& site, LayerSink& sink) {
  sink.add(sole_layer<PoolOp>, pool_op(block), site.in, output_shape(block, site));
}
void list_layers(const Branches& block, const Site& site, LayerSink& sink) { list_branches(block, site, sink); }

}  // namespace mds
