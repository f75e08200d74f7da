#include "spec/shape.h"

namespace mds {

std::string to_string(const Shape& shape) {
  const auto text = [](int64_t n) { return std::to_string(n); };
  if (shape.kind == ShapeKind::vector) return text(shape.channels);
  if (shape.kind == ShapeKind::tokens) return text(shape.height) + "x" + text(shape.channels);
  return text(shape.channels) + "x" + text(shape.height) + "x" + text(shape.width);
}

std::string to_string(Extent extent) {
  const std::string height = std::to_string(extent.height);
  return extent.width == extent.height ? height : std::to_string(extent.width) + "x" + height;
}

}  // namespace mds
