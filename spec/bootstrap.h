// Seeded resampling for confidence intervals; the numbers are the same with every compiler and standard library.
// Statistics that will be compared draw their replicates from one table of indices: replicate r then means the same
// resampled observations for all of them, and differences between them are paired.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spec/error.h"

namespace mds {

// SplitMix64 (Steele, Lea and Flood, 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // Uniform on 0 .. n-1, n >= 1; the modulo's bias is below n / 2^64.
  int64_t below(int64_t n) { return int64_t(next() % uint64_t(n)); }

  double uniform() { return (double(next() >> 11) + 0.5) * 0x1p-53; }  // above 0, below 1

  // Of the standard normal distribution, by the transform of Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

  template <class T>
  void shuffle(std::vector<T>& values) {
    for (auto i = int64_t(values.size()) - 1; i > 0; --i) std::swap(values[i], values[below(i + 1)]);
  }

 private:
  uint64_t state_;
};

// n draws from 0 .. n-1 with replacement.
inline std::vector<int64_t> resample(int64_t n, Random& random) {
  std::vector<int64_t> indices(n);
  for (auto& index : indices) index = random.below(n);
  return indices;
}

// `count` distinct draws from 0 .. n-1, count <= n, by the first steps of a shuffle.
inline std::vector<int64_t> random_subset(int64_t n, int64_t count, Random& random) {
  std::vector<int64_t> indices(n);
  for (int64_t i = 0; i < n; ++i) indices[i] = i;
  for (int64_t i = 0; i < count; ++i) std::swap(indices[i], indices[i + random.below(n - i)]);
  indices.resize(count);
  return indices;
}

// One row of n indices for each replicate. Rows depend on the seed and n alone, so more replicates only add rows.
using BootstrapIndices = std::vector<std::vector<int64_t>>;
inline BootstrapIndices bootstrap_indices(int64_t n, int64_t replicates, uint64_t seed) {
  if (n < 1) throw ConfigError("bootstrap: has " + std::to_string(n) + " observations; allowed: at least 1");
  if (replicates < 1)
    throw ConfigError("bootstrap: has " + std::to_string(replicates) + " replicates; allowed: at least 1");
  Random random(seed);
  BootstrapIndices rows(replicates);
  for (auto& row : rows) row = resample(n, random);
  return rows;
}

// Observations in clusters, such as all pictures of one caption: those of each cluster, by its name.
using Clusters = std::map<int64_t, std::vector<int64_t>>;
inline Clusters clusters_of(const std::vector<int64_t>& cluster_of) {  // cluster_of[i] is that of observation i
  Clusters clusters;
  for (size_t i = 0; i < cluster_of.size(); ++i) clusters[cluster_of[i]].push_back(int64_t(i));
  return clusters;
}

// For each replicate the names of as many clusters as there are, drawn with replacement.
inline BootstrapIndices cluster_draws(const Clusters& clusters, int64_t replicates, uint64_t seed) {
  std::vector<int64_t> names;
  for (const auto& [name, observations] : clusters) names.push_back(name);
  BootstrapIndices draws = bootstrap_indices(int64_t(names.size()), replicates, seed);
  for (auto& row : draws)
    for (auto& drawn : row) drawn = names[size_t(drawn)];
  return draws;
}

// All observations of each drawn cluster; a cluster that is not among these has none.
inline BootstrapIndices observations_of(const BootstrapIndices& draws, const Clusters& clusters) {
  BootstrapIndices rows;
  for (const auto& draw : draws) {
    auto& row = rows.emplace_back();
    for (const int64_t name : draw)
      if (const auto found = clusters.find(name); found != clusters.end())
        row.insert(row.end(), found->second.begin(), found->second.end());
  }
  return rows;
}

inline BootstrapIndices cluster_indices(const std::vector<int64_t>& cluster_of, int64_t replicates, uint64_t seed) {
  const Clusters clusters = clusters_of(cluster_of);
  return observations_of(cluster_draws(clusters, replicates, seed), clusters);
}

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

// The p-quantile of ascending values, linear between neighbours (type 7 of Hyndman and Fan). Needs at least one value.
inline double quantile_of_sorted(const std::vector<double>& sorted, double p) {
  const double place = p * double(sorted.size() - 1);
  const auto below = size_t(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - double(below)) * (sorted[above] - sorted[below]);
}

inline double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile_of_sorted(values, 0.5);
}

inline Interval percentile_interval(std::vector<double> replicates, double confidence = 0.95) {
  std::sort(replicates.begin(), replicates.end());
  const double tail = (1 - confidence) / 2;
  return {quantile_of_sorted(replicates, tail), quantile_of_sorted(replicates, 1 - tail)};
}

// The spread of the replicates, placed around the value itself. For statistics whose replicates are biased because a
// resample holds fewer distinct observations (this raises a Frechet distance): the shift cancels the bias, and the
// interval contains the value.
inline Interval centred_interval(double value, const std::vector<double>& replicates, double confidence = 0.95) {
  const auto interval = percentile_interval(replicates, confidence);
  const double shift = value - median_of(replicates);
  return {interval.low + shift, interval.high + shift};
}

// A statistic of one set of observations with its replicates, which another one may share resample by resample.
struct Resampled {
  double value = 0;
  std::vector<double> replicates{};
};

// The interval of a / b from the same resamples of both, each centred as in centred_interval: the bias of replicates
// is nearly the same addend in both, so a ratio of replicates as they are would lie too near to 1. None where the
// numbers of replicates differ, or where a resample of b comes down to zero, so that nothing bounds the ratio.
inline std::optional<Interval> ratio_interval(const Resampled& a, const Resampled& b, double confidence = 0.95) {
  if (a.replicates.empty() || a.replicates.size() != b.replicates.size()) return std::nullopt;
  const double shift_a = a.value - median_of(a.replicates), shift_b = b.value - median_of(b.replicates);
  std::vector<double> ratios;
  for (size_t k = 0; k < a.replicates.size(); ++k) {
    const double below = b.replicates[k] + shift_b;
    if (below <= 0) return std::nullopt;
    ratios.push_back((a.replicates[k] + shift_a) / below);
  }
  return percentile_interval(ratios, confidence);
}

// The same of a - b; none where the numbers of replicates differ.
inline std::optional<Interval> difference_interval(const Resampled& a, const Resampled& b, double confidence = 0.95) {
  if (a.replicates.empty() || a.replicates.size() != b.replicates.size()) return std::nullopt;
  std::vector<double> differences;
  for (size_t k = 0; k < a.replicates.size(); ++k) differences.push_back(a.replicates[k] - b.replicates[k]);
  return centred_interval(a.value - b.value, differences, confidence);
}

}  // namespace mds
