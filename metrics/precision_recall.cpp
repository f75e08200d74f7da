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

// Squared distance of each row to its k-th nearest other row; the nearest of all is the row itself.
at::Tensor squared_radii(const at::Tensor& rows_ND, int64_t k) {
  return fold_rows(rows_ND, rows_ND, squared_distances,
                   [k](const at::Tensor& values_BN) { return std::get<0>(values_BN.kthvalue(k + 1, 1)); });
}

// Score of the share of rows that lie in any ball around a centre.
Score share_inside(const std::string& name, const at::Tensor& rows_ND, const at::Tensor& centres_MD, int64_t k,
                   const ScoreOptions& options) {
  const auto squared_radii_M = squared_radii(centres_MD, k);
  const auto inside_N = fold_rows(rows_ND, centres_MD, squared_distances,
                                  [&](const at::Tensor& values_BM) { return values_BM.le(squared_radii_M).any(1); });
  return mean_score(name, inside_N.to(torch::kFloat64), options);
}

}  // namespace

PrecisionRecall precision_recall(const at::Tensor& features_ND, const at::Tensor& reference_MD, int64_t k,
                                 const ScoreOptions& options) {
  auto x_ND = checked_float64("features", features_ND, 2), y_MD = checked_float64("reference", reference_MD, 2);
  require_equal_widths(x_ND, y_MD);
  check_neighbours(k, std::min(x_ND.size(0), y_MD.size(0)));
  // Distances do not see a shift, but lose digits far from the origin.
  const auto centre_D = y_MD.mean(0);
  x_ND = x_ND - centre_D;
  y_MD = y_MD - centre_D;
  return {share_inside("precision", x_ND, y_MD, k, options), share_inside("recall", y_MD, x_ND, k, options)};
}

}  // namespace mds
