// Measures what a device reaches at best; the CPU with the threads that compute.
#pragma once

#include <string>

#include "profiler/roof.h"

namespace mds {

// The best of a few: products of 2,048 x 2,048 by 2,048 x 1,024 (on a GPU 16 of them at once), by LibTorch and by the
// prepared kernels, and copies of 256 MB. Takes about a second. device: "cpu" or "cuda:0".
Roof measured_roof(const std::string& device = "cpu");

}  // namespace mds
