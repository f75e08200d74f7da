// CMMD (Jayasumana et al., 2024, "Rethinking FID"): 1000 times the squared maximum mean discrepancy of CLIP embeddings
// under exp(-|x - y|^2 / (2 * 10^2)). It is the biased estimate: its means include the pairs of a picture with itself.
#pragma once

#include <ATen/core/Tensor.h>

#include "metrics/score.h"
#include "spec/tensor.h"

namespace mds {

struct Cmmd {
  Score score;
  Tensor influences_N;  // their mean over resampled pictures is the first-order change
};

// Embeddings (N, E) and (M, E), scaled to length 1 here, as in the reference implementation's network. The interval
// resamples the measured pictures to first order. ConfigError for different widths, and for rows zero or not finite.
Cmmd cmmd(const std::string& name, const Tensor& embeddings_NE, const Tensor& reference_ME,
          const ScoreOptions& options = {});

}  // namespace mds
