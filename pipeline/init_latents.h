// Drawing that begins with a picture in place of noise alone: image to image, and inpainting by a network of plain
// latents, which is given the kept part anew at each step (Meng et al., arXiv 2108.01073; Lugmayr et al., 2201.09865).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "pipeline/sampler_config.h"
#include "spec/tensor.h"

namespace mds {

struct InitLatents {
  Tensor latents{};  // clean ones of the UNet, N or 1 x C x H x W; undefined: drawing begins with noise alone
  Tensor drawn{};    // bool N or 1 x 1 x H x W: where pictures are drawn anew, the rest is kept; undefined: everywhere
  double strength = 1;  // share of the sampler's steps that are taken, the last ones
};

// How many of the steps are taken, int(steps strength) as in diffusers. ConfigError where that is none, and for a
// strength outside 0 to 1.
int64_t steps_taken(const SamplerConfig& config, double strength);

}  // namespace mds
