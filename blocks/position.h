// The network that turns the boxes of a layout and their phrases into tokens that grounded transformer stacks read:
//   v = [phrase, fourier(box)], an empty slot with a learnt vector in place of either; linear -> SiLU, twice; linear
// fourier(box): sin and cos of 100^(k/8) times each of x0, y0, x1 and y1, k from 0 to 7 (GLIGEN, arXiv 2301.07093).
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

struct PositionNames {
  LayerName<LinearOp> first{"0"}, second{"1"}, third{"2"};
  LayerName<TableOp> no_phrase{"no_phrase"}, no_box{"no_box"};
};

// The site has the slots, and the text's width, which is that of phrases and of tokens. The output is N x B x width.
struct PositionNetwork {
  static constexpr std::string_view kind = "position";
  static constexpr PositionNames names{};
  static constexpr int64_t frequencies = 8, fourier_width = frequencies * 2 * 4;
  int64_t hidden = 512;
  bool operator==(const PositionNetwork&) const = default;

  static void describe(auto& self, auto&& field) {
    field("hidden", self.hidden, "width of its two hidden layers", between(1, 65536));
  }
};

Shape output_shape(const PositionNetwork& block, const Site& site);
void list_layers(const PositionNetwork& block, const Site& site, LayerSink& sink);

}  // namespace mds
