// Attention from every position of a map to every other, as in the middle of Stable Diffusion's autoencoder:
//   y = norm(x); out = x + out(attention(q(y), k(y), v(y)))
// Its cost grows with the square of the number of positions.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

struct MapAttentionNames {
  LayerName<NormOp> norm{"norm"};
  AttentionNames attn{};
};

struct MapAttention {
  static constexpr std::string_view kind = "map_attention";
  static constexpr MapAttentionNames names{};
  int64_t heads = 1;
  AttentionFunction attention = AttentionFunction::softmax;
  double eps = 1e-6;
  int64_t groups = most_norm_groups;  // at most
  bool operator==(const MapAttention&) const = default;

  static void describe(auto& self, auto&& field) {
    field("heads", self.heads, "a divisor of the width", between(1, 1024));
    field("attention", self.attention, "function of the scores");
    field("eps", self.eps, "of the norm", at_least(0));
    field("groups", self.groups, "of the norm, at most", between(1, 1024));
  }
};

Shape output_shape(const MapAttention& block, const Site& site);
void list_layers(const MapAttention& block, const Site& site, LayerSink& sink);

}  // namespace mds
