// Grounding added to a UNet that stays as it is (GLIGEN, arXiv 2301.07093): what reads a layout is trained alone.
#pragma once

#include "trainer/predecessor.h"

namespace mds {

struct GroundingTuning {
  std::vector<int64_t> levels{};
  int64_t boxes = 8;
  int64_t box_width = 512;
  double layout_dropout = 0.1;
  bool operator==(const GroundingTuning&) const = default;

  static void describe(auto& self, auto&& field) {
    field("levels", self.levels, "levels whose transformer stacks read layouts, 1 the outermost; empty: all",
          between(1, 64));
    field("boxes", self.boxes, "slots for boxes", between(1, 1024));
    field("box_width", self.box_width, "hidden width of the network that embeds boxes", between(1, 65536));
    field("layout_dropout", self.layout_dropout, "share of pictures whose slots are all left empty", between(0, 1));
  }
};

// ConfigError, beginning with `source`, where it reads layouts already, and where a level is not there or has no stack.
UNetSpec grounded(UNetSpec unet, const GroundingTuning& tuning, const std::string& source);

// The grounded UNet with the start's weights, which are frozen; what is new begins with gates at zero.
NetworkPtr grounded_unet(const Predecessor& start, const UNetSpec& grounded, const LoopConfig& loop);

// The weights that the start's UNet does not have, by name with a prefix.
TensorMap added_weights(const Network& unet, const UNetSpec& start, const std::string& prefix);

}  // namespace mds
