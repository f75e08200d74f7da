// Measures what this machine reaches at best with the threads that compute.
#pragma once

#include "profiler/roof.h"

namespace mds {

// The best of a few: products of 2,048 x 2,048 by 2,048 x 1,024, by LibTorch and by the prepared kernels, and copies of
// 256 MB. Takes about a second.
Roof measured_roof();

}  // namespace mds
