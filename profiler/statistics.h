// Statistics of timed samples, in integer nanoseconds: quantiles with distribution-free limits, robust spread, flagged
// outliers, and comparisons of two callables. Pure functions; no sample is ever dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "spec/bootstrap.h"
#include "spec/describe.h"

namespace mds {

using Samples = std::span<const int64_t>;

// A quantity is absent where the samples are too few to bound it at 95% confidence: the median's interval needs 6,
// p90 needs 29 and p99 needs 299 samples. The `_high` of a quantile is its upper 95% confidence limit.
struct Summary {
  int64_t n = 0;
  double median_ns = 0;
  std::optional<double> low_ns, high_ns;
  std::optional<double> p90_ns, p90_high_ns;
  std::optional<double> p99_ns, p99_high_ns;
  double min_ns = 0;
  double mad_ns = 0;
  double cv = 0;
  double iqr_share = 0;
  int64_t outliers = 0;

  static void describe(auto& self, auto&& field) {
    field("n", self.n, "timed samples");
    field("median_ns", self.median_ns, "median, nanoseconds");
    field("low_ns", self.low_ns, "lower end of the median's 95% interval");
    field("high_ns", self.high_ns, "upper end of the median's 95% interval");
    field("p90_ns", self.p90_ns, "90th percentile");
    field("p90_high_ns", self.p90_high_ns, "upper 95% confidence limit of p90");
    field("p99_ns", self.p99_ns, "99th percentile");
    field("p99_high_ns", self.p99_high_ns, "upper 95% confidence limit of p99");
    field("min_ns", self.min_ns, "fastest sample");
    field("mad_ns", self.mad_ns, "median absolute deviation from the median, unscaled");
    field("cv", self.cv, "standard deviation over mean");
    field("iqr_share", self.iqr_share, "interquartile range over median");
    field("outliers", self.outliers, "samples whose modified z-score exceeds 14.8; flagged, not removed");
  }
};

Summary summarise(Samples samples);  // ConfigError when empty

double median_ns(Samples samples);  // ConfigError when empty

// The median's interval by order statistics: valid for any distribution. Absent below 6 samples.
std::optional<Interval> median_interval(Samples samples);

// Samples of one callable in the blocks or processes they were taken in.
using SampleBlocks = std::vector<std::vector<int64_t>>;

struct Ratio {
  double value = 1;  // median of a over median of b
  Interval interval;
};

struct RatioOptions {
  int64_t replicates = 2000;
  double confidence = 0.95;
  uint64_t seed = 0;
};

// Bootstrap of median(a) / median(b). Several blocks a side: whole blocks are drawn, then samples within them, because
// samples of one block or process share its conditions.
Ratio ratio_of_medians(const SampleBlocks& a, const SampleBlocks& b, const RatioOptions& options = {});

// a is faster than b: the interval lies below 1, and the gain exceeds the noise floor |ratio - 1| that comparing a
// callable with itself gave in the same run.
bool is_faster(const Ratio& a_over_b, double noise_floor);

// Two-sided p-value that a and b come from one distribution (normal approximation with correction for ties and
// continuity); absent below 9 samples a side, where the approximation does not hold.
std::optional<double> mann_whitney(Samples a, Samples b);

// Holm's step-down adjustment: the i-th result answers the i-th p-value.
std::vector<double> holm(const std::vector<double>& p_values);

}  // namespace mds
