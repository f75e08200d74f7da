#include "metrics/score.h"

#include <torch/types.h>

#include <set>
#include <stdexcept>

#include "spec/student.h"

namespace mds {
Tensor checked_float64(const std::string& what, const Tensor& tensor, int64_t rank) {
  if (tensor.dim() != rank)
    throw ConfigError(what + ": have " + std::to_string(tensor.dim()) + " dimensions; expected " +
                      std::to_string(rank));
  if (tensor.size(0) == 0) throw ConfigError(what + ": are 0; allowed: at least 1");
  const auto values = tensor.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  const auto finite = torch::isfinite(values).reshape({values.size(0), -1}).all(1);
  if (!finite.all().item<bool>())
    throw ConfigError(what + ": row " + std::to_string(torch::argmin(finite.to(torch::kInt)).item<int64_t>()) +
                      " holds a value that is not finite");
  return values;
}

void require_equal_widths(const Tensor& features_ND, const Tensor& reference_MD) {
  if (features_ND.size(1) != reference_MD.size(1))
    throw ConfigError("features: are " + std::to_string(features_ND.size(1)) + " wide; the reference has " +
                      std::to_string(reference_MD.size(1)));
}

std::vector<double> linearised_replicates(double value, const Tensor& influences_N, const BootstrapIndices& indices) {
  const auto influences = checked_float64("influences", influences_N, 1);
  const double* influence = influences.const_data_ptr<double>();
  std::vector<double> replicates;
  for (const auto& row : indices) {
    double sum = 0;
    for (const auto i : row) sum += influence[i];
    replicates.push_back(value + sum / double(row.size()));
  }
  return replicates;
}

Score linearised_score(const std::string& name, double value, const Tensor& influences_N, const ScoreOptions& options) {
  auto score = mean_score(name, influences_N - influences_N.mean(), options);
  score.low += value;
  score.high += value;
  score.value = value;
  for (auto& replicate : score.replicates) replicate += value;
  score.interval = IntervalKind::linearised;
  return score;
}

Score over_seeds(const std::vector<Score>& of_seeds) {
  const auto count = int64_t(of_seeds.size());
  if (count < 2) throw ConfigError("seeds: are " + std::to_string(count) + "; allowed: at least 2");
  Score result = of_seeds.front();
  std::vector<double> values;
  for (const auto& score : of_seeds) {
    values.push_back(score.value);
    result.n = std::min(result.n, score.n);
  }
  const auto interval = student_interval(values);
  result.value = (interval.low + interval.high) / 2;
  result.low = interval.low;
  result.high = interval.high;
  result.interval = IntervalKind::seeds;
  result.replicates.clear();
  return result;
}

BootstrapIndices resamples(int64_t n, const ScoreOptions& options) {
  const auto& clusters = options.cluster_of;
  if (clusters.empty()) return bootstrap_indices(n, options.replicates, options.seed);
  if (int64_t(clusters.size()) != n) throw std::logic_error("clusters of another number of pictures");
  return cluster_indices(clusters, options.replicates, options.seed);
}

BootstrapIndices reference_resamples(const ScoreOptions& options) {
  const Clusters measured = clusters_of(options.cluster_of);
  Clusters shared = clusters_of(options.reference_cluster_of), alone;
  for (auto each = shared.begin(); each != shared.end();) {
    const auto next = std::next(each);
    if (!measured.contains(each->first)) alone.insert(shared.extract(each));
    each = next;
  }
  auto rows = observations_of(cluster_draws(measured, options.replicates, options.seed), shared);
  if (alone.empty()) return rows;
  const auto others = cluster_draws(alone, options.replicates, Random(options.seed).next());
  for (size_t i = 0; const auto& more : observations_of(others, alone)) {
    rows[i].insert(rows[i].end(), more.begin(), more.end());
    ++i;
  }
  return rows;
}

int64_t cluster_count(const ScoreOptions& options) {
  return int64_t(std::set<int64_t>(options.cluster_of.begin(), options.cluster_of.end()).size());
}

Score mean_score(const std::string& name, const Tensor& values, const ScoreOptions& options) {
  const auto checked = checked_float64("values of " + name, values, 1);
  const int64_t n = checked.size(0);
  auto replicates = linearised_replicates(0, checked, resamples(n, options));
  const auto interval = percentile_interval(replicates);
  return {.name = name,
          .value = checked.mean().item<double>(),
          .low = interval.low,
          .high = interval.high,
          .n = n,
          .seed = options.seed,
          .clusters = cluster_count(options),
          .replicates = std::move(replicates)};
}

}  // namespace mds
