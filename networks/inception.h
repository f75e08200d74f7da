// Inception-v3 (arXiv 1512.00567) as converted from TensorFlow's graph of 2015-12-05; FID is defined by its features.
// torchvision's Inception-v3 is another network, with other pooling in some blocks.
#pragma once

#include "networks/plan.h"
#include "spec/describe.h"

namespace mds {

// Pictures 3 x size x size of levels 0 to 255 (not rounded) to `features`: 2048 / width_divisor numbers, the mean over
// the last map. FID uses pictures of 299 x 299.
struct InceptionSpec {
  static constexpr std::string_view kind = "inception_v3_fid";
  int64_t size = 299;
  int64_t width_divisor = 1;
  bool operator==(const InceptionSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("size", self.size, "side of the picture in pixels", between(75, 16384));
    field("width_divisor", self.width_divisor, "divisor of every width: 1, 2, 4, 8 or 16", between(1, 16));
  }
};

Plan make_plan(const InceptionSpec& spec);

}  // namespace mds
