// Kernel distance (Binkowski et al., 2018, "Demystifying MMD GANs"): the unbiased squared maximum mean discrepancy of
// two sets of features, D wide, under k(x, y) = (x . y / D + 1)^3. It may be negative, and works with few pictures.
#pragma once

#include <ATen/core/Tensor.h>

#include "metrics/score.h"
#include "spec/tensor.h"

namespace mds {

struct KidOptions {
  int64_t subsets = 100;
  int64_t subset_size = 1000;
  ScoreOptions score{};  // the seed also draws the subsets
};

struct Kid {
  Score score;                    // the mean over subsets
  double standard_deviation = 0;  // over subsets (divided by their number); papers print it after +-
  Tensor influences_N;            // their mean over resampled pictures is the first-order change; 0: never drawn
};

// Subsets are drawn from both sets without replacement. The interval is linearised, over resampled measured pictures.
// ConfigError for features of different widths or not finite, and for subsets larger than a set or below 2.
Kid kid(const std::string& name, const Tensor& features_ND, const Tensor& reference_MD, const KidOptions& options = {});

}  // namespace mds
