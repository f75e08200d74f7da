#include "metrics/fid_infinity.h"

#include <torch/types.h>

#include <cmath>
#include <numeric>

namespace mds {
namespace {

void check(const FidInfinityOptions& options, int64_t n) {
  if (options.sizes < 3)
    throw ConfigError("fid_infinity: has " + std::to_string(options.sizes) + " sizes; allowed: at least 3");
  if (options.smallest < 2 || options.smallest >= n)
    throw ConfigError("fid_infinity: the smallest subset is " + std::to_string(options.smallest) +
                      " pictures; allowed: 2 to " + std::to_string(n - 1) + ", below the number of pictures");
}

// The least-squares line y = intercept + slope x.
struct Line {
  double intercept = 0, slope = 0;
};
Line fitted(const std::vector<double>& x, const std::vector<double>& y) {
  const auto count = double(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count,
               mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double xx = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  return {mean_y - xy / xx * mean_x, xy / xx};
}

// Residuals are scaled up, because fitting the two numbers of the line has made them smaller.
Interval intercept_interval(const std::vector<double>& x, const std::vector<double>& y, const ScoreOptions& options) {
  const auto line = fitted(x, y);
  const auto count = int64_t(x.size());
  const double widen = std::sqrt(double(count) / double(count - 2));
  std::vector<double> intercepts;
  for (const auto& row : bootstrap_indices(count, options.replicates, options.seed)) {
    std::vector<double> drawn;
    for (size_t i = 0; i < x.size(); ++i)
      drawn.push_back(line.intercept + line.slope * x[i] +
                      widen * (y[row[i]] - line.intercept - line.slope * x[row[i]]));
    intercepts.push_back(fitted(x, drawn).intercept);
  }
  return centred_interval(line.intercept, intercepts);
}

}  // namespace

Score fid_infinity(const std::string& name, const Tensor& features_ND, const FrechetReference& reference,
                   const FidInfinityOptions& options) {
  const auto features = checked_float64("features", features_ND, 2);
  const int64_t n = features.size(0);
  check(options, n);
  Random random(options.score.seed);
  std::vector<double> inverse_sizes, distances;
  for (int64_t i = 0; i < options.sizes; ++i) {
    const int64_t size = options.smallest + (n - options.smallest) * i / (options.sizes - 1);
    inverse_sizes.push_back(1 / double(size));
    distances.push_back(reference.distance(features.index_select(0, torch::tensor(random_subset(n, size, random)))));
  }
  const double value = fitted(inverse_sizes, distances).intercept;
  const auto interval = intercept_interval(inverse_sizes, distances, options.score);
  return {name, value, interval.low, interval.high, n, options.score.seed, IntervalKind::residuals};
}

}  // namespace mds
