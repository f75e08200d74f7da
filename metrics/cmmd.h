// CMMD (Jayasumana et al., 2024, "Rethinking FID"): 1000 times the squared maximum mean discrepancy of CLIP embeddings
// under exp(-|x - y|^2 / (2 * 10^2)), biased: means over all pairs, those of a picture with itself included.
#pragma once

#include "metrics/score.h"

namespace mds {

struct Cmmd {
  Score score;
  at::Tensor influences_N;  // to first order, the change is their mean over resampled pictures
};

// Embeddings (N, E) and (M, E), scaled to length one here as the reference implementation's network does. The interval
// resamples the measured pictures to first order. ConfigError for different widths, and for rows zero or not finite.
Cmmd cmmd(const std::string& name, const at::Tensor& embeddings_NE, const at::Tensor& reference_ME,
          const ScoreOptions& options = {});

}  // namespace mds
