// Improved precision and recall (Kynkaanniemi et al., 2019). The manifold of a set is the union of balls around its
// features; each ball reaches to the k-th nearest other feature of the set.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "metrics/score.h"
#include "spec/bootstrap.h"
#include "spec/tensor.h"

namespace mds {

// Shares of features (N, D) and (M, D). Their intervals resample the measured pictures: those that precision counts,
// and those whose balls recall has, with the radii of the whole set. ConfigError for different widths, features that
// are not finite, and k outside 1 to N - 1 or M - 1.

// 1 for each measured picture within the reference's manifold, else 0: float64 (N). Precision is their mean.
Tensor precision_values(const Tensor& features_ND, const Tensor& reference_MD, int64_t k = 3);
Score precision(const std::string& name, const Tensor& features_ND, const Tensor& reference_MD, int64_t k = 3,
                const ScoreOptions& options = {});

// The share of the reference's pictures within the manifold of the measured ones; its n counts reference pictures,
// which stay as they are unless the options resample them too.
Score recall(const std::string& name, const Tensor& features_ND, const Tensor& reference_MD, int64_t k = 3,
             const ScoreOptions& options = {});

// Rows of measured pictures and, where the reference is resampled too, of its pictures.
struct DrawnRows {
  BootstrapIndices measured, reference{};
};

// Recall with the balls of each row of measured pictures. The values are below recall, as a row holds fewer distinct
// pictures: compare replicates only with replicates.
std::vector<double> recall_replicates(const Tensor& features_ND, const Tensor& reference_MD, const DrawnRows& drawn,
                                      int64_t k = 3);

}  // namespace mds
