#include "blocks/map_attention.h"

namespace mds {

Shape output_shape(const MapAttention&, const Site& site) { return site.in; }

void list_layers(const MapAttention& block, const Site& site, LayerSink& sink) {
  const int64_t c = site.in.channels;
  require_divides("heads", block.heads, c);
  const Shape y = Shape::tokens(site.in.positions(), c);
  const auto& [norm, attn] = block.names;
  sink.add(norm, {NormKind::group, c, norm_groups(c, block.groups), block.eps}, site.in, site.in);
  for (const auto& name : {attn.q, attn.k, attn.v}) sink.add(name, {.in = c, .out = c}, y, y);
  sink.add(attn.attention, {block.heads, y, block.attention}, y, y);
  sink.add(attn.out, {.in = c, .out = c, .init = Init::zero}, y, y);
}

}  // namespace mds
