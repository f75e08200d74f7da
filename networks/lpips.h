// The networks of LPIPS v0.1 (Zhang et al., 2018, arXiv 1801.03924): the convolutions of a classifier, and a head after
// each of five levels.
#pragma once

#include "networks/plan.h"
#include "spec/describe.h"

namespace mds {

enum class LpipsTrunk : uint8_t { vgg, alex };
template <>
struct EnumNames<LpipsTrunk> {
  static constexpr std::array names{"vgg", "alex"};
};

// A picture 3 x size x width in [-1, 1] to five weighted maps, `level1` to `level5`. Their squared differences from the
// maps of another picture make the distance (pipeline/lpips.h). The plan's cost is for one picture; a distance has two.
struct LpipsSpec {
  static constexpr std::string_view kind = "lpips";
  LpipsTrunk trunk = LpipsTrunk::vgg;
  int64_t size = 224;
  int64_t width = 0;
  bool operator==(const LpipsSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("trunk", self.trunk, "classifier whose convolutions compare the pictures: VGG16 or AlexNet");
    field("size", self.size, "rows of the picture", between(16, 65536));
    field("width", self.width, "columns of the picture; 0: as many as rows", later(between(0, 65536)));
  }
};

Plan make_plan(const LpipsSpec& spec);

}  // namespace mds
