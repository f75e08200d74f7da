#include "profiler/statistics.h"

#include <cmath>
#include <numeric>

#include "tests/catch.h"

using namespace mds;

namespace {

// Roughly the normal distribution's, mean 0 and deviation 1.
double normal(Random& random) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += double(random.below(1'000'001)) * 1e-6 - 0.5;
  return sum;
}

template <class T = double>
std::vector<T> one_to(int64_t n) {
  std::vector<T> values(n);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

}  // namespace

TEST_CASE("the median's interval uses the order statistics of the binomial table", "[profiler]") {
  CHECK_FALSE(independent_interval(one_to(5)));
  CHECK(*independent_interval(one_to(6)) == Interval{1, 6});
  CHECK(*independent_interval(one_to(9)) == Interval{2, 8});
  CHECK(*independent_interval(one_to(20)) == Interval{6, 15});
  CHECK(*independent_interval(one_to(100)) == Interval{40, 61});
}

TEST_CASE("the exact and the approximate ranks of the interval meet", "[profiler]") {
  const auto exact = *independent_interval(one_to(1000)), approximate = *independent_interval(one_to(1001));
  CHECK(exact.low == 469);
  CHECK(std::abs(exact.low - approximate.low) <= 1);
  CHECK(std::abs(exact.high - approximate.high) <= 2);
}

TEST_CASE("the median's interval covers the true median at least as often as it says", "[profiler]") {
  Random random(7);
  int covered = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<int64_t> sample(25);
    for (auto& value : sample) value = random.below(1'000'001);
    const auto interval = *median_interval({{sample}});
    covered += interval.low <= 500'000 && 500'000 <= interval.high;
  }
  CHECK(covered >= 0.94 * 2000);
}

TEST_CASE("from nine blocks on the interval is that of the blocks' medians, however many samples each has",
          "[profiler]") {
  SampleBlocks blocks;
  for (const int64_t centre : {1080, 1000, 1160, 1040, 1120, 1020, 1140, 1060}) blocks.emplace_back(50, centre);
  CHECK(*median_interval({blocks}) == *median_interval({{pooled(blocks)}}));
  blocks.emplace_back(50, 1100);
  CHECK(*median_interval({blocks}) == Interval{1020, 1140});
  CHECK(summarise(blocks).low_ns == 1020);
  CHECK(summarise(blocks).high_ns == 1140);
}

TEST_CASE("the interval covers the true median where samples of a block drift together", "[profiler]") {
  Random random(11);
  int covered = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    SampleBlocks blocks(9);
    for (auto& block : blocks) {
      const int64_t drift = random.below(100'001);
      for (int i = 0; i < 40; ++i) block.push_back(drift + random.below(1'001));
    }
    const auto interval = *median_interval({blocks});
    covered += interval.low <= 50'500 && 50'500 <= interval.high;
  }
  CHECK(covered >= 940);
}

TEST_CASE("the interval covers the true median where each sample is like the one before", "[profiler]") {
  const double correlation = GENERATE(0.9, 0.99, 0.995);
  constexpr int trials = 300, processes = 2, per_block = 1024 / least_blocks;  // as in mode final
  constexpr double centre = 1e6, scale = 100;
  Random random(3);
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    ProcessBlocks all(processes, SampleBlocks(least_blocks));
    for (auto& process : all) {
      double state = normal(random) / std::sqrt(1 - correlation * correlation);
      for (auto& block : process)
        for (int i = 0; i < per_block; ++i) {
          block.push_back(std::llround(centre + scale * state));
          state = correlation * state + normal(random);
        }
    }
    const auto interval = *median_interval(all);
    covered += interval.low <= centre && centre <= interval.high;
  }
  CAPTURE(correlation, covered);
  CHECK(covered >= 0.90 * trials);
}

TEST_CASE("the interval covers the true median where each process has a centre of its own", "[profiler]") {
  const auto processes = GENERATE(size_t{3}, size_t{5});
  const auto blocks_each = GENERATE(size_t{1}, size_t{least_blocks});
  constexpr int trials = 500;
  constexpr double centre = 1e6, between = 20'000, within = 1000;
  Random random(5);
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    ProcessBlocks all(processes, SampleBlocks(blocks_each));
    for (auto& process : all) {
      const double own = centre + between * normal(random);
      for (auto& block : process)
        for (int i = 0; i < 9; ++i) block.push_back(std::llround(own + within * normal(random)));
    }
    const auto interval = *median_interval(all);
    covered += interval.low <= centre && centre <= interval.high;
  }
  CAPTURE(processes, blocks_each, covered);
  CHECK(covered >= 0.90 * trials);
}

TEST_CASE("the interval of two processes holds the median of each", "[profiler]") {
  const SampleBlocks slow(2, std::vector<int64_t>(50, 1200)), fast(least_blocks, std::vector<int64_t>(50, 1000));
  const auto interval = *median_interval({slow, fast});
  CHECK(interval.low <= 1000);
  CHECK(interval.high >= 1200);
}

TEST_CASE("the interval holds the median of all samples", "[profiler]") {
  SampleBlocks blocks(9, std::vector<int64_t>{10});
  blocks.push_back(std::vector<int64_t>(50, 99));
  const auto interval = *median_interval({blocks});
  CHECK(interval.low <= 10);
  CHECK(interval.high >= 99);
}

TEST_CASE("a summary of literals", "[profiler]") {
  const std::vector<int64_t> samples{10, 12, 11, 13, 14, 100};
  const auto summary = summarise({samples});
  CHECK(summary.n == 6);
  CHECK(summary.median_ns == 12.5);
  CHECK(summary.min_ns == 10);
  CHECK(summary.mad_ns == 1.5);
  CHECK(summary.outliers == 1);
  CHECK(summary.cv == Approx(1.3490).epsilon(1e-3));
  CHECK(summary.iqr_share == Approx(2.5 / 12.5));
}

TEST_CASE("p90 needs 29 samples and p99 needs 299", "[profiler]") {
  CHECK_FALSE(summarise({one_to<int64_t>(28)}).p90_ns);
  CHECK(summarise({one_to<int64_t>(29)}).p90_ns);
  CHECK(*summarise({one_to<int64_t>(29)}).p90_high_ns == 29);
  CHECK_FALSE(summarise({one_to<int64_t>(298)}).p99_ns);
  CHECK(*summarise({one_to<int64_t>(299)}).p99_high_ns == 299);
  CHECK(to_json(summarise({one_to<int64_t>(28)}))["p90_ns"].is_null());
}

TEST_CASE("the upper limit of p90 holds for 95 of 100 sets of samples", "[profiler]") {
  Random random(3);
  int above = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<int64_t> sample(100);
    for (auto& value : sample) value = random.below(1000);
    above += *summarise({sample}).p90_high_ns >= 899;
  }
  CHECK(above >= 930);
}

TEST_CASE("outliers are counted where most samples are equal too", "[profiler]") {
  std::vector<int64_t> samples(99, 1000);
  CHECK(summarise({samples}).outliers == 0);
  samples.push_back(5000);
  CHECK(summarise({samples}).mad_ns == 0);
  CHECK(summarise({samples}).outliers == 1);
}

TEST_CASE("no samples are an error that says so", "[profiler]") {
  CHECK_THROWS_WITH(summarise({}), "summary: 0 samples; allowed: at least 1");
  CHECK_THROWS_AS(median_ns({}), ConfigError);
}

TEST_CASE("order of samples does not change a summary", "[profiler]") {
  auto samples = one_to<int64_t>(300);
  const auto before = to_json(summarise({samples}));
  Random(1).shuffle(samples);
  CHECK(to_json(summarise({samples})) == before);
}
