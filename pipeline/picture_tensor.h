// Pictures in memory as tensors and back, whole and unscaled.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipeline/image.h"
#include "spec/tensor.h"

namespace mds {

Tensor picture_tensor(const Image& image);  // uint8 3 x H x W
Image to_image(const Tensor& picture);      // from uint8 3 x H x W, on any device

}  // namespace mds
