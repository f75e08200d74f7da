// Canny's edge detector as OpenCV computes it, cv2.Canny(rgb, low, high), to the bit (Canny, 1986).
#pragma once

#include "pipeline/image.h"
#include "spec/describe.h"

namespace mds {

// Limits of a pixel's gradient |dx| + |dy|, where dx and dy are Sobel's 3x3 sums over levels 0 to 255.
struct CannyThresholds {
  static constexpr double most = 2040;  // no gradient is larger
  int64_t low = 100, high = 200;
  bool operator==(const CannyThresholds&) const = default;
  static void describe(auto& self, auto&& field) {
    field("low", self.low, "gradient above which a pixel may continue an edge", between(0, most));
    field("high", self.high, "gradient above which a pixel begins an edge", between(0, most));
  }
};

// White edges on black, of the same size. A pixel's gradient is that of the channel where it is largest (of equal ones
// the first of red, green and blue); the picture is not blurred before. ConfigError where low is above high.
Image canny_edges(const Image& image, const CannyThresholds& thresholds = {});

}  // namespace mds
