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
