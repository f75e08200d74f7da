// Reference statistics as pytorch-fid writes them: an .npz, which is a zip of NumPy's .npy files, with `mu` (D) and
// `sigma` (D x D). It says neither which network and resizer made the features nor of how many pictures.
#pragma once

#include <string>
#include <string_view>

#include "metrics/frechet.h"

namespace mds {

bool is_npz(const std::string& file);  // by its ending

// FileError where one of the two is missing, not finite, of another type than float32 and float64, or of other shapes,
// and where sigma is not symmetric.
FeatureStats load_npz_stats(const std::string& file);

// An array of float32 or float64 as float64; `name` begins error messages.
at::Tensor parse_npy(std::string_view bytes, const std::string& name);

}  // namespace mds
