#include "profiler/statistics.h"

#include <numeric>

#include "tests/catch.h"

using namespace mds;

namespace {

std::vector<int64_t> one_to(int64_t n) {
  std::vector<int64_t> values(n);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

}  // namespace

TEST_CASE("the median's interval uses the order statistics of the binomial table", "[profiler]") {
  CHECK_FALSE(median_interval(one_to(5)));
  CHECK(*median_interval(one_to(6)) == Interval{1, 6});
  CHECK(*median_interval(one_to(9)) == Interval{2, 8});
  CHECK(*median_interval(one_to(20)) == Interval{6, 15});
  CHECK(*median_interval(one_to(100)) == Interval{40, 61});
}

TEST_CASE("the exact and the approximate ranks of the interval meet", "[profiler]") {
  const auto exact = *median_interval(one_to(1000)), approximate = *median_interval(one_to(1001));
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
    const auto interval = *median_interval(sample);
    covered += interval.low <= 500'000 && 500'000 <= interval.high;
  }
  CHECK(covered >= 0.94 * 2000);
}

TEST_CASE("a summary of literals", "[profiler]") {
  const std::vector<int64_t> samples{10, 12, 11, 13, 14, 100};
  const auto summary = summarise(samples);
  CHECK(summary.n == 6);
  CHECK(summary.median_ns == 12.5);
  CHECK(summary.min_ns == 10);
  CHECK(summary.mad_ns == 1.5);
  CHECK(summary.outliers == 1);
  CHECK(summary.cv == Approx(1.3490).epsilon(1e-3));
  CHECK(summary.iqr_share == Approx(2.5 / 12.5));
}

TEST_CASE("p90 needs 29 samples and p99 needs 299", "[profiler]") {
  CHECK_FALSE(summarise(one_to(28)).p90_ns);
  CHECK(summarise(one_to(29)).p90_ns);
  CHECK(*summarise(one_to(29)).p90_high_ns == 29);
  CHECK_FALSE(summarise(one_to(298)).p99_ns);
  CHECK(*summarise(one_to(299)).p99_high_ns == 299);
  CHECK(to_json(summarise(one_to(28)))["p90_ns"].is_null());
}

TEST_CASE("the upper limit of p90 holds for 95 of 100 sets of samples", "[profiler]") {
  Random random(3);
  int above = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<int64_t> sample(100);
    for (auto& value : sample) value = random.below(1000);
    above += *summarise(sample).p90_high_ns >= 899;
  }
  CHECK(above >= 930);
}

TEST_CASE("outliers are counted where most samples are equal too", "[profiler]") {
  std::vector<int64_t> samples(99, 1000);
  CHECK(summarise(samples).outliers == 0);
  samples.push_back(5000);
  CHECK(summarise(samples).mad_ns == 0);
  CHECK(summarise(samples).outliers == 1);
}

TEST_CASE("no samples are an error that says so", "[profiler]") {
  CHECK_THROWS_WITH(summarise({}), "summary: 0 samples; allowed: at least 1");
  CHECK_THROWS_AS(median_ns({}), ConfigError);
  CHECK_THROWS_AS(ratio_of_medians({}, {{1}}), ConfigError);
  CHECK_THROWS_AS(ratio_of_medians({{1}}, {{1}}, {.replicates = 0}), ConfigError);
}

TEST_CASE("order of samples does not change a summary", "[profiler]") {
  auto samples = one_to(300);
  const auto before = to_json(summarise(samples));
  Random(1).shuffle(samples);
  CHECK(to_json(summarise(samples)) == before);
}

TEST_CASE("a callable against itself has a ratio whose interval holds one", "[profiler]") {
  const auto samples = one_to(100);
  const auto ratio = ratio_of_medians({samples}, {samples});
  CHECK(ratio.value == 1);
  CHECK(ratio.interval.low < 1);
  CHECK(ratio.interval.high > 1);
  CHECK_FALSE(is_faster(ratio, 0));
}

TEST_CASE("faster needs an interval below one and an effect above the noise floor", "[profiler]") {
  std::vector<int64_t> slow(50), fast(50);
  for (int64_t i = 0; i < 50; ++i) slow[i] = 1000 + i % 7, fast[i] = 900 + i % 5;
  const auto ratio = ratio_of_medians({fast}, {slow});
  CHECK(is_faster(ratio, 0.05));
  CHECK_FALSE(is_faster(ratio, 0.15));
  CHECK(ratio.interval == ratio_of_medians({fast}, {slow}).interval);
}

TEST_CASE("blocks that differ widen the ratio's interval", "[profiler]") {
  SampleBlocks blocks;
  std::vector<int64_t> pooled;
  for (int64_t b = 0; b < 9; ++b) {
    blocks.emplace_back(50, 1000 + 20 * b);
    pooled.insert(pooled.end(), 50, 1000 + 20 * b);
  }
  const auto hierarchical = ratio_of_medians(blocks, {pooled}).interval, plain = ratio_of_medians({pooled}, {pooled}).interval;
  CHECK(hierarchical.high - hierarchical.low > plain.high - plain.low);
}

TEST_CASE("the rank test tells shifted samples apart and needs nine a side", "[profiler]") {
  const std::vector<int64_t> low{1, 2, 3, 4, 5, 6, 7, 8, 9}, high{11, 12, 13, 14, 15, 16, 17, 18, 19};
  CHECK(*mann_whitney(low, high) == Approx(0.000412).epsilon(0.02));
  CHECK(*mann_whitney(low, high) == *mann_whitney(high, low));
  CHECK(*mann_whitney(low, low) == 1);
  CHECK(*mann_whitney(std::vector<int64_t>(9, 5), std::vector<int64_t>(9, 5)) == 1);
  CHECK_FALSE(mann_whitney(Samples(low).first(8), high));
}

TEST_CASE("Holm's adjustment of the textbook example", "[profiler]") {
  const auto adjusted = holm({0.01, 0.04, 0.03, 0.005});
  CHECK(adjusted[0] == Approx(0.03));
  CHECK(adjusted[1] == Approx(0.06));
  CHECK(adjusted[2] == Approx(0.06));
  CHECK(adjusted[3] == Approx(0.02));
}
