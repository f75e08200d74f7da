// T2I-Adapter (arXiv 2302.08453; the paper, section 4.3): a small network from a control picture to one map for each
// level of a UNet, which is added where that level ends on the way down.
#pragma once

#include <string>
#include <vector>

#include "networks/plan.h"
#include "spec/describe.h"

namespace mds {

struct UNetSpec;

struct AdapterSpec {
  static constexpr std::string_view kind = "adapter";
  int64_t size = 512;
  int64_t size_width = 0;
  int64_t channels = 3;
  std::vector<int64_t> widths{320, 640, 1024};
  int64_t blocks = 2;
  int64_t reduction = 1;
  bool operator==(const AdapterSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("size", self.size, "rows of the control picture, a multiple of 8", between(8, 16384));
    field("size_width", self.size_width, "columns of the control picture; 0: as many as rows", between(0, 16384));
    field("channels", self.channels, "channels of the control picture", between(1, 64));
    field("widths", self.widths, "widths of the UNet's levels, from the outermost, of highest resolution, inwards",
          between(1, 65536));
    field("blocks", self.blocks, "residual blocks of each level", between(1, 16));
    field("reduction", self.reduction,
          "divisor of the adapter's own widths; above 1 a 1x1 convolution widens each map to the UNet's",
          between(1, 64));
  }
};

// The plan's outputs are "level1" and on: maps of the UNet's widths at 1/8 of the picture's size, 1/16 and so on.
// ConfigError where the widths are not multiples of the reduction or the size does not halve so often.
Plan make_plan(const AdapterSpec& spec);

// The adapter for a UNet, for pictures of its size.
AdapterSpec adapter_for(const UNetSpec& unet, int64_t reduction);

// A level's last step on the way down and its output's shape, to which a map of an adapter is added; by level.
struct LevelEnd {
  std::string path;
  Shape out;
};
std::vector<LevelEnd> level_ends(const Plan& unet);

// ConfigError, beginning with `source`, where the adapter's maps are not those of the UNet's levels.
void check_adapter(const AdapterSpec& adapter, const Plan& unet, const std::string& source);

std::string adapter_output(size_t level);  // "level1" of 0

}  // namespace mds
