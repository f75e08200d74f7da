// The three shapes of data inside a network, without the batch, and how they print: "320x64x64", "256x1024", "1280".
#pragma once

#include <cstdint>
#include <string>

#include "spec/describe.h"

namespace mds {

enum class ShapeKind : uint8_t { vector, tokens, map };
template <>
struct EnumNames<ShapeKind> {
  static constexpr std::array names{"vector", "tokens", "map"};
};

// Rows and columns of a map or a picture.
struct Extent {
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const Extent&) const = default;
};

std::string to_string(Extent extent);  // "512", or width first as "768x512"

// The extent of a spec: `size` rows and `size_width` columns; size_width 0 means a square.
Extent extent_of(const auto& spec) { return {spec.size, spec.size_width > 0 ? spec.size_width : spec.size}; }
void set_extent(auto& spec, Extent extent) {
  spec.size = extent.height;
  spec.size_width = extent.width == extent.height ? 0 : extent.width;
}

struct Shape {
  ShapeKind kind = ShapeKind::map;
  int64_t channels = 0;
  int64_t height = 1;  // tokens: their number T; vector: 1
  int64_t width = 1;

  static Shape map(int64_t c, int64_t h, int64_t w) { return {ShapeKind::map, c, h, w}; }
  static Shape map(int64_t c, Extent e) { return map(c, e.height, e.width); }
  static Shape tokens(int64_t t, int64_t c) { return {ShapeKind::tokens, c, t, 1}; }
  static Shape vector(int64_t c) { return {ShapeKind::vector, c, 1, 1}; }

  int64_t positions() const { return height * width; }
  Extent extent() const { return {height, width}; }
  bool operator==(const Shape&) const = default;

  static void describe(auto& self, auto&& field) {
    field("kind", self.kind, "what the extents mean");
    field("channels", self.channels, "channels, or width of a vector", at_least(0));
    field("height", self.height, "rows of a map, or number of tokens", at_least(1));
    field("width", self.width, "columns of a map", at_least(1));
  }
};

std::string to_string(const Shape& shape);

}  // namespace mds
