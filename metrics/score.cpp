#include "metrics/score.h"

#include <torch/types.h>

#include "spec/bootstrap.h"

namespace mds {

at::Tensor checked_float64(const std::string& what, const at::Tensor& tensor, int64_t rank) {
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

void require_equal_widths(const at::Tensor& features_ND, const at::Tensor& reference_MD) {
  if (features_ND.size(1) != reference_MD.size(1))
    throw ConfigError("features: are " + std::to_string(features_ND.size(1)) + " wide; the reference has " +
                      std::to_string(reference_MD.size(1)));
}

Score linearised_score(const std::string& name, double value, const at::Tensor& influences_N,
                       const ScoreOptions& options) {
  auto score = mean_score(name, influences_N - influences_N.mean(), options);
  score.low += value;
  score.high += value;
  score.value = value;
  score.interval = IntervalKind::linearised;
  return score;
}

Score mean_score(const std::string& name, const at::Tensor& values, const ScoreOptions& options) {
  const auto checked = checked_float64("values of " + name, values, 1);
  const double* value = checked.const_data_ptr<double>();
  const int64_t n = checked.size(0);
  std::vector<double> means;
  for (const auto& row : bootstrap_indices(n, options.replicates, options.seed)) {
    double sum = 0;
    for (const auto i : row) sum += value[i];
    means.push_back(sum / static_cast<double>(n));
  }
  const auto interval = percentile_interval(std::move(means));
  return {name, checked.mean().item<double>(), interval.low, interval.high, n, options.seed};
}

}  // namespace mds
