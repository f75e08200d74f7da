// Improved precision and recall (Kynkaanniemi et al., 2019): a set's manifold is the union of balls around its
// features, each reaching its k-th nearest other feature of the set.
#pragma once

#include <vector>

#include "metrics/score.h"
#include "spec/bootstrap.h"

namespace mds {

// Shares of features (N, D) and (M, D); their intervals resample the pictures whose share is taken, while the balls
// stay. ConfigError for different widths, features that are not finite, and k outside 1 to N - 1 or M - 1.

// 1 for each measured picture within the reference's manifold, else 0: float64 (N). Precision is their mean.
at::Tensor precision_values(const at::Tensor& features_ND, const at::Tensor& reference_MD, int64_t k = 3);
Score precision(const std::string& name, const at::Tensor& features_ND, const at::Tensor& reference_MD, int64_t k = 3,
                const ScoreOptions& options = {});

// Share of the reference's pictures within the measured manifold; its n is theirs.
Score recall(const std::string& name, const at::Tensor& features_ND, const at::Tensor& reference_MD, int64_t k = 3,
             const ScoreOptions& options = {});

// Recall by the balls of each row of measured pictures. They lie below recall, as a row holds fewer distinct pictures:
// compare replicates with replicates.
std::vector<double> recall_replicates(const at::Tensor& features_ND, const at::Tensor& reference_MD,
                                      const BootstrapIndices& indices, int64_t k = 3);

}  // namespace mds
