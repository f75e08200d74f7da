#include "metrics/precision_recall.h"

#include <torch/types.h>

#include <algorithm>

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
  const double value = inside(sets.y_MD, sets.x_ND, k, any_of).mean().item<double>();
  const bool joint = options.resamples_reference();
  auto shares = recall_replicates(features_ND, reference_MD,
                                  {.measured = resamples(features_ND.size(0), options),
                                   .reference = joint ? reference_resamples(options) : BootstrapIndices{}},
                                  k);
  const auto interval = centred_interval(value, shares);
  return {.name = name,
          .value = value,
          .low = std::max(0.0, interval.low),
          .high = std::min(1.0, interval.high),
          .n = reference_MD.size(0),
          .seed = options.seed,
          .clusters = cluster_count(options),
          .resampling = joint ? Resampling::captions : Resampling::pictures,
          .replicates = std::move(shares)};
}

std::vector<double> recall_replicates(const Tensor& features_ND, const Tensor& reference_MD, const DrawnRows& drawn,
                                      int64_t k) {
  const Sets sets = centred(features_ND, reference_MD, k);
  // How often replicate r drew picture n.
  const auto times_NR = torch::zeros({sets.x_ND.size(0), int64_t(drawn.measured.size())});
  auto times = times_NR.accessor<float, 2>();
  for (size_t r = 0; r < drawn.measured.size(); ++r)
    for (const auto n : drawn.measured[r]) times[n][int64_t(r)] += 1;
  const auto covered_MR = inside(sets.y_MD, sets.x_ND, k, [&](const Tensor& inside_BN) {
    return inside_BN.to(torch::kFloat).matmul(times_NR).gt(0).to(torch::kFloat64);
  });
  std::vector<double> shares;
  for (size_t r = 0; r < drawn.measured.size(); ++r) {
    const auto covered_M = covered_MR.select(1, int64_t(r));
    const auto counted =
        drawn.reference.empty() ? covered_M : covered_M.index_select(0, torch::tensor(drawn.reference[r]));
    shares.push_back(counted.mean().item<double>());
  }
  return shares;
}

}  // namespace mds
