#include "metrics/precision_recall.h"

#include <torch/types.h>

#include "metrics/kernels.h"

namespace mds {
namespace {

void check_neighbours(int64_t k, int64_t n) {
  if (k < 1 || k >= n)
    throw ConfigError("precision and recall: k is " + std::to_string(k) + "; allowed: 1 to " + std::to_string(n - 1) +
                      ", below the number of pictures");
}

// Squared distance of each row to its k-th nearest other row. The nearest row is the row itself, so it is left out.
Tensor squared_radii(const Tensor& rows_ND, int64_t k) {
  return fold_rows(rows_ND, rows_ND, squared_distances,
                   [k](const Tensor& values_BN) { return std::get<0>(values_BN.kthvalue(k + 1, 1)); });
}

struct Sets {
  Tensor x_ND, y_MD;
};

// Centring does not change distances, and keeps digits where features are far from the origin.
Sets centred(const Tensor& features_ND, const Tensor& reference_MD, int64_t k) {
  const auto x_ND = checked_float64("features", features_ND, 2), y_MD = checked_float64("reference", reference_MD, 2);
  require_equal_widths(x_ND, y_MD);
  check_neighbours(k, std::min(x_ND.size(0), y_MD.size(0)));
  const auto centre_D = y_MD.mean(0);
  return {x_ND - centre_D, y_MD - centre_D};
}

// For each row, the fold over which of the balls it lies in, (B, M) at a time.
Tensor inside(const Tensor& rows_ND, const Tensor& centres_MD, int64_t k, const RowFold& fold) {
  const auto squared_radii_M = squared_radii(centres_MD, k);
  return fold_rows(rows_ND, centres_MD, squared_distances,
                   [&](const Tensor& values_BM) { return fold(values_BM.le(squared_radii_M)); });
}

Tensor any_of(const Tensor& inside_BM) { return inside_BM.any(1).to(torch::kFloat64); }

}  // namespace

Tensor precision_values(const Tensor& features_ND, const Tensor& reference_MD, int64_t k) {
  const Sets sets = centred(features_ND, reference_MD, k);
  return inside(sets.x_ND, sets.y_MD, k, any_of);
}

Score precision(const std::string& name, const Tensor& features_ND, const Tensor& reference_MD, int64_t k,
                const ScoreOptions& options) {
  return mean_score(name, precision_values(features_ND, reference_MD, k), options);
}

Score recall(const std::string& name, const Tensor& features_ND, const Tensor& reference_MD, int64_t k,
             const ScoreOptions& options) {
  const Sets sets = centred(features_ND, reference_MD, k);
  const ScoreOptions of_references{.replicates = options.replicates, .seed = options.seed};
  return mean_score(name, inside(sets.y_MD, sets.x_ND, k, any_of), of_references);
}

std::vector<double> recall_replicates(const Tensor& features_ND, const Tensor& reference_MD,
                                      const BootstrapIndices& indices, int64_t k) {
  const Sets sets = centred(features_ND, reference_MD, k);
  const auto inside_MN = inside(sets.y_MD, sets.x_ND, k, [](const Tensor& inside_BN) { return inside_BN; });
  std::vector<double> shares;
  for (const auto& row : indices)
    shares.push_back(any_of(inside_MN.index_select(1, torch::tensor(row))).mean().item<double>());
  return shares;
}

}  // namespace mds
