// A measured quality with its uncertainty: what every metric returns and the store keeps.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "spec/describe.h"

namespace mds {

struct Score {
  std::string name;
  double value = 0;
  double low = 0, high = 0;
  int64_t n = 0;
  uint64_t seed = 0;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "the metric, named after what it is");
    field("value", self.value, "the metric over all n");
    field("low", self.low, "lower end of its 95% bootstrap interval");
    field("high", self.high, "upper end");
    field("n", self.n, "pictures or pairs measured");
    field("seed", self.seed, "of the bootstrap");
  }
};

struct ScoreOptions {
  int64_t replicates = 200;
  uint64_t seed = 0;
};

// The mean of per-picture values (one dimension, at least one value).
Score mean_score(const std::string& name, const at::Tensor& values, const ScoreOptions& options = {});

// The tensor as contiguous float64 on the CPU. ConfigError, naming `what`, for another rank or values that are not
// finite.
at::Tensor checked_float64(const std::string& what, const at::Tensor& tensor, int64_t rank);

}  // namespace mds
