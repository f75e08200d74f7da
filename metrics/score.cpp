#include "metrics/score.h"

#include <torch/types.h>

#include <cmath>
#include <numbers>
#include <set>
#include <stdexcept>

namespace mds {
namespace {

// P(|T| < t) of Student's distribution with whole degrees of freedom, t = tan(angle) sqrt(freedom) (Abramowitz and
// Stegun, 26.7.3 and 26.7.4).
double student_within(double angle, int64_t freedom) {
  const bool odd = freedom % 2 == 1;
  const double cosine = std::cos(angle);
  double term = odd ? cosine : 1, sum = freedom > 1 ? term : 0;
  for (int64_t i = odd ? 3 : 2; i < freedom; i += 2) {
    term *= cosine * cosine * double(i - 1) / double(i);
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (angle + std::sin(angle) * sum) : std::sin(angle) * sum;
}

double student_975(int64_t freedom) {
  double low = 0, high = std::numbers::pi / 2;
  for (int64_t step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (student_within(middle, freedom) < 0.95 ? low : high) = middle;
  }
  return std::tan(low) * std::sqrt(double(freedom));
}

}  // namespace

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
  score.interval = IntervalKind::linearised;
  return score;
}

Score over_seeds(const std::vector<Score>& of_seeds) {
  const auto count = int64_t(of_seeds.size());
  if (count < 2) throw ConfigError("seeds: are " + std::to_string(count) + "; allowed: at least 2");
  Score result = of_seeds.front();
  double sum = 0, squares = 0;
  for (const auto& score : of_seeds) {
    sum += score.value;
    result.n = std::min(result.n, score.n);
  }
  result.value = sum / double(count);
  for (const auto& score : of_seeds) squares += (score.value - result.value) * (score.value - result.value);
  const double reach = student_975(count - 1) * std::sqrt(squares / double(count - 1) / double(count));
  result.low = result.value - reach;
  result.high = result.value + reach;
  result.interval = IntervalKind::seeds;
  return result;
}

BootstrapIndices resamples(int64_t n, const ScoreOptions& options) {
  const auto& clusters = options.cluster_of;
  if (clusters.empty()) return bootstrap_indices(n, options.replicates, options.seed);
  if (int64_t(clusters.size()) != n) throw std::logic_error("clusters of another number of pictures");
  return cluster_indices(clusters, options.replicates, options.seed);
}

int64_t cluster_count(const ScoreOptions& options) {
  return int64_t(std::set<int64_t>(options.cluster_of.begin(), options.cluster_of.end()).size());
}

Score mean_score(const std::string& name, const Tensor& values, const ScoreOptions& options) {
  const auto checked = checked_float64("values of " + name, values, 1);
  const int64_t n = checked.size(0);
  const auto interval = percentile_interval(linearised_replicates(0, checked, resamples(n, options)));
  return {.name = name,
          .value = checked.mean().item<double>(),
          .low = interval.low,
          .high = interval.high,
          .n = n,
          .seed = options.seed,
          .clusters = cluster_count(options)};
}

}  // namespace mds
