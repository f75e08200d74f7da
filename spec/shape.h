// The three shapes data has inside a network, batch left out, and how they print: "320x64x64", "256x1024", "1280".
#pragma once

#include <cstdint>
#include <string>

namespace mds {

enum class ShapeKind : uint8_t { vector, tokens, map };

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
};

std::string to_string(const Shape& shape);

}  // namespace mds
