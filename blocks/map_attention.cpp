#include "blocks/map_attention.h"

namespace mds {

Shape output_shape(const MapAttention&, const Site& site) { return site.in; }

void list_layers(const MapAttention& block, const Site& site, LayerSink& sink) {
  const int64_t c = site.in.channels;
  require_divides("heads", block.heads, c);
  const Shape y = Shape::tokens(site.in.positions(), c);
  sink.add("norm", NormOp{NormKind::group, c, norm_groups(c, block.groups), block.eps}, site.in, site.in);
  for (const char* name : {"q", "k", "v"}) sink.add(name, LinearOp{.in = c, .out = c}, y, y);
  sink.add("qkv", AttentionOp{block.heads, y, block.attention}, y, y);
  sink.add("out", LinearOp{.in = c, .out = c, .init = Init::zero}, y, y);
}

}  // namespace mds
