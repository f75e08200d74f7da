// Edges of pictures as tensors: what adapters read.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipeline/canny.h"
#include "spec/tensor.h"

namespace mds {

// The edges of uint8 pictures N x 3 x H x W: float32 N x 3 x H x W, white (1) on black (0), on the CPU.
Tensor edge_controls(const Tensor& pictures_NCHW, const CannyThresholds& thresholds = {});

}  // namespace mds
