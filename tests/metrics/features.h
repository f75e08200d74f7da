// Random features with correlated columns; a seed gives the same features on every machine.
#pragma once

#include <torch/types.h>

#include <cmath>

#include "spec/tensor.h"

namespace mds {

inline Tensor random_features(int64_t n, int64_t width, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  const auto mix = torch::randn({width, width}, generator, torch::kFloat64) / std::sqrt(double(width));
  return torch::randn({n, width}, generator, torch::kFloat64).matmul(mix);
}

// The same of the standard normal distribution whatever the seed, for many sets of one distribution.
inline Tensor normal_features(int64_t n, int64_t width, uint64_t seed) {
  return torch::randn({n, width}, at::detail::createCPUGenerator(seed), torch::kFloat64);
}

}  // namespace mds
