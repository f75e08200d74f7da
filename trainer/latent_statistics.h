// Means, deviations and spectra of sets of latents, to see where drawn ones leave the data's.
#pragma once

#include <ATen/core/Tensor.h>

#include "spec/tensor.h"

namespace mds {

// Of each channel over all examples and places, float64 C.
struct LatentStatistics {
  Tensor mean, std;
};
LatentStatistics statistics_of(const Tensor& latents_NCHW);

// The power of the variation of maps N x C x H x H around their means, by ring of spatial frequency from low to high;
// the last ring ends at H / 2 cycles and takes the corners too. Float64, one number a ring.
Tensor power_by_ring(const Tensor& latents_NCHW, int64_t rings);

}  // namespace mds
