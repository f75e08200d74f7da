// Improved precision and recall (Kynkaanniemi et al., 2019): a set's manifold is the union of balls around its
// features, each reaching its k-th nearest other feature of the set.
#pragma once

#include "metrics/score.h"

namespace mds {

struct PrecisionRecall {
  Score precision;  // share of measured pictures within the reference's manifold
  Score recall;     // share of the reference's pictures within the measured manifold; its n is theirs
};

// Scores "precision" and "recall". Features (N, D) and (M, D). Intervals resample the pictures whose share is taken;
// the balls stay. ConfigError for different widths, features that are not finite, and k outside 1 to N - 1 or M - 1.
PrecisionRecall precision_recall(const at::Tensor& features_ND, const at::Tensor& reference_MD, int64_t k = 3,
                                 const ScoreOptions& options = {});

}  // namespace mds
