#include "pipeline/canny.h"

#include <algorithm>
#include <cstdlib>

namespace mds {
namespace {

struct Gradient {
  int dx = 0, dy = 0;
  int norm() const { return std::abs(dx) + std::abs(dy); }
};

// Sobel's sums around a pixel; beyond the border, pixels repeat those at the border.
Gradient sobel(const Image& image, int64_t x, int64_t y, int64_t channel) {
  const auto at = [&](int64_t dx, int64_t dy) {
    const int64_t column = std::clamp<int64_t>(x + dx, 0, image.width - 1);
    const int64_t row = std::clamp<int64_t>(y + dy, 0, image.height - 1);
    return int(image.rgb[size_t((row * image.width + column) * 3 + channel)]);
  };
  return {at(1, -1) + 2 * at(1, 0) + at(1, 1) - at(-1, -1) - 2 * at(-1, 0) - at(-1, 1),
          at(-1, 1) + 2 * at(0, 1) + at(1, 1) - at(-1, -1) - 2 * at(0, -1) - at(1, -1)};
}

Gradient strongest(const Image& image, int64_t x, int64_t y) {
  Gradient best = sobel(image, x, y, 0);
  for (int64_t channel = 1; channel < 3; ++channel)
    if (const Gradient other = sobel(image, x, y, channel); other.norm() > best.norm()) best = other;
  return best;
}

class EdgeMap {
 public:
  explicit EdgeMap(const Image& image) : width_(image.width), height_(image.height) {
    gradients_.reserve(size_t(width_ * height_));
    for (int64_t y = 0; y < height_; ++y)
      for (int64_t x = 0; x < width_; ++x) gradients_.push_back(strongest(image, x, y));
  }

  Image edges(const CannyThresholds& thresholds) const {
    Image edges{width_, height_, std::vector<uint8_t>(size_t(width_ * height_ * 3))};
    std::vector<ImageSize> open;  // pixels of an edge whose neighbours were not looked at
    const auto visit = [&](int64_t x, int64_t y, int64_t limit) {
      uint8_t* pixel = edges.rgb.data() + (y * width_ + x) * 3;
      if (*pixel != 0 || norm(x, y) <= limit || !is_crest(x, y)) return;
      std::fill_n(pixel, 3, uint8_t(255));
      open.push_back({x, y});
    };
    for (int64_t y = 0; y < height_; ++y)
      for (int64_t x = 0; x < width_; ++x) {
        visit(x, y, thresholds.high);
        while (!open.empty()) {
          const auto [column, row] = open.back();
          open.pop_back();
          for (int64_t v = std::max<int64_t>(0, row - 1); v <= std::min(height_ - 1, row + 1); ++v)
            for (int64_t u = std::max<int64_t>(0, column - 1); u <= std::min(width_ - 1, column + 1); ++u)
              visit(u, v, thresholds.low);
        }
      }
    return edges;
  }

 private:
  int norm(int64_t x, int64_t y) const {
    const bool inside = x >= 0 && x < width_ && y >= 0 && y < height_;
    return inside ? gradients_[size_t(y * width_ + x)].norm() : 0;
  }

  // Whether no neighbour along the gradient is stronger. Its direction is rounded to a multiple of 45 degrees; of
  // equally strong pixels the left or upper one counts, and of diagonal ones none.
  bool is_crest(int64_t x, int64_t y) const {
    constexpr int64_t unit = 1 << 15, tan_22 = 13573;  // the tangent of 22.5 degrees in 1 / unit; that of 67.5 is + 2
    const Gradient& g = gradients_[size_t(y * width_ + x)];
    const int64_t rise = std::abs(g.dy) * unit, flat = std::abs(g.dx) * tan_22,
                  steep = flat + std::abs(g.dx) * 2 * unit;
    const int own = g.norm();
    if (rise < flat) return own > norm(x - 1, y) && own >= norm(x + 1, y);
    if (rise > steep) return own > norm(x, y - 1) && own >= norm(x, y + 1);
    const int64_t side = (g.dx < 0) != (g.dy < 0) ? -1 : 1;
    return own > norm(x - side, y - 1) && own > norm(x + side, y + 1);
  }

  int64_t width_, height_;
  std::vector<Gradient> gradients_;
};

}  // namespace

Image canny_edges(const Image& image, const CannyThresholds& thresholds) {
  if (thresholds.low > thresholds.high)
    throw ConfigError("edges: the low threshold is " + std::to_string(thresholds.low) + " and the high one " +
                      std::to_string(thresholds.high) + "; allowed: a low one of at most the high one");
  return EdgeMap(image).edges(thresholds);
}

}  // namespace mds
