// A stack of transformer blocks between two projections of a map:
//   y = proj_in(norm(x)); per block: y += sa(norm_sa(y)); y += ca(norm_ca(y), text); y += ff(norm_ff(y))
//   out = x + proj_out(y)
// Self- and cross-attention are options of their own, keys and values can share a projection, and the feed-forward is
// gated (value * activation(gate), halves of expansion * width / 2 each) or plain.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

struct TransformerStack {
  static constexpr std::string_view kind = "transformer";
  int64_t depth = 1;
  int64_t width = 0;  // 0: the map's
  int64_t heads = 0;  // 0: width / head_width
  int64_t head_width = 64;
  bool self_attention = true;
  bool cross_attention = true;
  bool share_self_kv = false;
  bool share_cross_kv = false;
  int64_t ff_expansion = 8;  // hidden width over width, both halves of a gated one counted
  bool ff_gated = true;
  Activation ff_activation = Activation::gelu;
  AttentionFunction attention = AttentionFunction::softmax;
  bool projections = true;
  bool operator==(const TransformerStack&) const = default;

  int64_t inner_width(const Site& site) const { return width ? width : site.in.channels; }
  int64_t head_count(const Site& site) const { return heads ? heads : inner_width(site) / head_width; }
};

Shape output_shape(const TransformerStack& block, const Site& site);
void list_layers(const TransformerStack& block, const Site& site, LayerSink& sink);

}  // namespace mds
