// Seeded resampling for confidence intervals; the numbers are the same with every compiler and standard library.
// Statistics that will be compared draw their replicates from one table of indices: replicate r then means the same
// resampled observations for all of them, and differences between them are paired.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
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

// The same for observations in clusters, such as all pictures of one caption; cluster_of[i] names the cluster of
// observation i. Each row draws as many clusters as there are, with replacement, and takes all observations of each.
inline BootstrapIndices cluster_indices(const std::vector<int64_t>& cluster_of, int64_t replicates, uint64_t seed) {
  std::map<int64_t, std::vector<int64_t>> members;
  for (size_t i = 0; i < cluster_of.size(); ++i) members[cluster_of[i]].push_back(int64_t(i));
  std::vector<const std::vector<int64_t>*> clusters;
  for (const auto& [name, indices] : members) clusters.push_back(&indices);
  BootstrapIndices rows;
  for (const auto& drawn : bootstrap_indices(int64_t(clusters.size()), replicates, seed)) {
    auto& row = rows.emplace_back();
    for (const int64_t cluster : drawn) row.insert(row.end(), clusters[cluster]->begin(), clusters[cluster]->end());
  }
  return rows;
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

}  // namespace mds
