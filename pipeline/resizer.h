// Resizes pictures in the ways that quality metrics and training sets prescribe. Distances between pictures depend on
// the way as much as on the pictures, so every score says which one it used (Parmar et al., 2022).
#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "pipeline/image.h"
#include "spec/describe.h"
#include "spec/tensor.h"

namespace mds {

// Both cubic ways have a = -0.5, a support of 2 source pixels that grows with the scale when shrinking (antialiasing),
// and weights that sum to one for each output pixel; they resize along rows first.
enum class Resizer {
  bicubic,            // PIL on 8-bit pictures, to the bit: rounded to whole levels in each direction
  clean,              // PIL on each channel as float32, to the bit; limited to 0..255 and not rounded (clean-fid)
  legacy_tensorflow,  // TF 1 bilinear: source = target * in / out without half-pixel shift; no antialiasing
  legacy_pytorch,     // bilinear, align_corners = false; no antialiasing
};
template <>
struct EnumNames<Resizer> {
  static constexpr std::array<std::string_view, 4> names{"bicubic", "clean", "legacy_tensorflow", "legacy_pytorch"};
};

// images: uint8 (N, C, H, W) on the CPU, N and each side at least 1. Float32 (N, C, height, width) of 0..255; a
// picture does not depend on its neighbours. ConfigError for another type or rank, and for a side outside 1 to
// max_image_side.
Tensor resized(const Tensor& images_NCHW, const ImageSize& size, Resizer resizer);

}  // namespace mds
