#include "pipeline/picture_tensor.h"

#include <torch/types.h>

namespace mds {

Tensor picture_tensor(const Image& image) {
  const auto pixels_HWC = torch::empty({image.height, image.width, 3}, torch::kUInt8);
  std::copy(image.rgb.begin(), image.rgb.end(), pixels_HWC.mutable_data_ptr<uint8_t>());
  return pixels_HWC.permute({2, 0, 1}).contiguous();
}

Image to_image(const Tensor& picture) {
  TORCH_CHECK(picture.dim() == 3 && picture.size(0) == 3 && picture.scalar_type() == torch::kUInt8,
              "to_image: expected uint8 3 x H x W, got ", picture.scalar_type(), " ", picture.sizes());
  const auto pixels_HWC = picture.cpu().permute({1, 2, 0}).contiguous();
  const auto* data = pixels_HWC.const_data_ptr<uint8_t>();
  return {picture.size(2), picture.size(1), std::vector<uint8_t>(data, data + pixels_HWC.numel())};
}

}  // namespace mds
