// The three shapes data has inside a network, batch left out, and how they print: "320x64x64", "256x1024", "1280".
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

struct Shape {
  ShapeKind kind = ShapeKind::map;
  int64_t channels = 0;
  int64_t height = 1;  // tokens: their number T; vector: 1
  int64_t width = 1;

  static Shape map(int64_t c, int64_t h, int64_t w) { return {ShapeKind::map, c, h, w}; }
  static Shape tokens(int64_t t, int64_t c) { return {ShapeKind::tokens, c, t, 1}; }
  static Shape vector(int64_t c) { return {ShapeKind::vector, c, 1, 1}; }

  int64_t positions() const { return height * width; }
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
