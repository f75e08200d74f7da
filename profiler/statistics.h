// Statistics of timed samples, in integer nanoseconds: quantiles with distribution-free limits, robust spread, number
// of outliers. Pure functions; no sample is ever dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "spec/bootstrap.h"
#include "spec/describe.h"

namespace mds {

using Samples = std::span<const int64_t>;

// The samples of one callable in one process, by the blocks in which they were taken.
using SampleBlocks = std::vector<std::vector<int64_t>>;
std::vector<int64_t> pooled(const SampleBlocks& blocks);
// Those of several processes, each with its blocks in the order in which they were taken.
using ProcessBlocks = std::vector<SampleBlocks>;
SampleBlocks blocks_of(const ProcessBlocks& processes);

// A quantity is absent where there are too few samples to bound it at 95% confidence: the median's interval needs 6
// values, p90 needs 29 and p99 needs 299 samples. The `_high` of a quantile is its upper 95% confidence limit.
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

Summary summarise(const SampleBlocks& blocks);  // ConfigError when empty
Summary summarise_processes(const ProcessBlocks& processes);

double median_ns(Samples samples);  // ConfigError when empty

// The median's 95% interval by order statistics, valid for independent values of any distribution; absent below 6.
std::optional<Interval> independent_interval(std::vector<double> values);

// The median's 95% interval where samples near each other in time are alike. With fewer than `least_blocks` blocks it
// is that of the samples. Else it is that of the blocks' medians, widened by what they keep of each other from one
// block to the next, and at least as wide as three successive parts of each process say (Student's t). The process is
// the unit: three or more give at least Student's interval of their medians, two an interval that holds both medians.
// Always contains the median of all samples. Simulated coverage: at least 0.90 for first-order noise of up to 0.995
// from sample to sample, and where the centre differs from one of three processes to the next.
inline constexpr int64_t least_blocks = 9;
std::optional<Interval> median_interval(const ProcessBlocks& processes);

}  // namespace mds
