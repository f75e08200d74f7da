#include "metrics/kid.h"

#include <torch/types.h>

#include "spec/bootstrap.h"

namespace mds {
namespace {

void check(const KidOptions& options, int64_t n, int64_t reference_n) {
  if (options.subsets < 1)
    throw ConfigError("kid: has " + std::to_string(options.subsets) + " subsets; allowed: at least 1");
  if (options.subset_size < 2 || options.subset_size > std::min(n, reference_n))
    throw ConfigError("kid: a subset is " + std::to_string(options.subset_size) + " pictures; allowed: 2 to " +
                      std::to_string(std::min(n, reference_n)) + " (the sets have " + std::to_string(n) + " and " +
                      std::to_string(reference_n) + ")");
}

Tensor kernel(const Tensor& x_SD, const Tensor& y_SD) {
  const auto base = (x_SD.matmul(y_SD.t()) / double(x_SD.size(1))).add_(1);
  return base * base * base;
}

// The mean similarity of a picture to the other pictures of its set.
Tensor within(const Tensor& x_SD) {
  const auto similar_SS = kernel(x_SD, x_SD);
  return (similar_SS.sum(1) - similar_SS.diagonal()) / double(x_SD.size(0) - 1);
}

// The options for those pictures that occurred in a subset.
ScoreOptions of_those(const Tensor& seen_N, ScoreOptions options) {
  std::vector<int64_t> clusters;
  for (size_t i = 0; i < options.cluster_of.size(); ++i)
    if (seen_N[int64_t(i)].item<bool>()) clusters.push_back(options.cluster_of[i]);
  options.cluster_of = std::move(clusters);
  return options;
}

}  // namespace

Kid kid(const std::string& name, const Tensor& features_ND, const Tensor& reference_MD, const KidOptions& options) {
  const auto x_ND = checked_float64("features", features_ND, 2), y_MD = checked_float64("reference", reference_MD, 2);
  require_equal_widths(x_ND, y_MD);
  const int64_t n = x_ND.size(0);
  check(options, n, y_MD.size(0));
  Random random(options.score.seed);
  const auto values = torch::empty(options.subsets, torch::kFloat64);
  const auto influences_N = torch::zeros(n, torch::kFloat64), times_N = torch::zeros(n, torch::kFloat64);
  for (int64_t i = 0; i < options.subsets; ++i) {
    const auto chosen = torch::tensor(random_subset(n, options.subset_size, random)),
               partners = torch::tensor(random_subset(y_MD.size(0), options.subset_size, random));
    const auto x_SD = x_ND.index_select(0, chosen), y_SD = y_MD.index_select(0, partners);
    const auto own_S = within(x_SD), across_S = kernel(x_SD, y_SD).mean(1);
    values[i] = own_S.mean() + within(y_SD).mean() - 2 * across_S.mean();
    // Each picture enters the squared distance twice, so its influence is twice its share.
    const auto share_S = own_S - across_S;
    influences_N.index_add_(0, chosen, 2 * (share_S - share_S.mean()));
    times_N.index_add_(0, chosen, torch::ones_like(share_S));
  }
  const auto seen = times_N.gt(0);
  const auto mean_N = influences_N / times_N.clamp_min(1);
  auto score =
      linearised_score(name, values.mean().item<double>(), mean_N.masked_select(seen), of_those(seen, options.score));
  score.n = n;
  return {score, values.std(/*unbiased=*/false).item<double>(), mean_N};
}

}  // namespace mds
