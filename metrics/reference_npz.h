// Reference statistics as pytorch-fid writes them: an .npz, which is a zip of NumPy's .npy files, with `mu` (D) and
// `sigma` (D x D). It says neither which network and resizer made the features nor of how many pictures.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "metrics/frechet.h"
#include "spec/tensor.h"

namespace mds {

bool is_npz(const std::string& file);  // by its ending

// FileError where one of the two is missing, not finite or of another type than float32 and float64, and as below.
FeatureStats load_npz_stats(const std::string& file);

// The statistics of finite float64 arrays. FileError, beginning with `file`, where they do not fit each other, where
// sigma is not symmetric or has negative eigenvalues, and where a distance to them would not be finite.
FeatureStats reference_stats(const Tensor& mean_D, const Tensor& covariance_DD, const std::string& file);

// An array of float32 or float64 as float64; `name` begins error messages.
Tensor parse_npy(std::string_view bytes, const std::string& name);

}  // namespace mds
