#include "pipeline/sized_picture.h"

#include <torch/types.h>

#include "pipeline/picture_tensor.h"
#include "pipeline/resizer.h"

namespace mds {
namespace {

std::string sides(Extent extent) { return std::to_string(extent.width) + "x" + std::to_string(extent.height); }

}  // namespace

Tensor sized_picture(const Image& image, Extent pixels, const std::string& name, const Notice& told) {
  const Extent own{image.height, image.width};
  const Tensor picture = picture_tensor(image);
  if (own == pixels) return picture;
  if (told) told(name + " is " + sides(own) + " pixels and is resized to " + sides(pixels));
  return resized(picture.unsqueeze(0), {pixels.width, pixels.height}, Resizer::bicubic)[0].to(torch::kUInt8);
}

}  // namespace mds
