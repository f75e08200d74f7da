// What intervals cover: simulated captions, each with drawn pictures and a reference picture.
#include "metrics/score.h"

#include <torch/types.h>

#include <cmath>

#include "metrics/frechet.h"
#include "tests/catch.h"
#include "tests/metrics/features.h"

using namespace mds;

namespace {

// Features of captions: what all pictures of a caption share, and what is each picture's own.
struct Captions {
  int64_t count = 100, width = 2;
  double shared = 0.9;  // the share of the variance
  Tensor means_CD{};
  Captions(int64_t seed, int64_t alone = 0) : means_CD(normal_features(count + alone, width, seed)) {}

  Tensor pictures(const Tensor& of_ND, int64_t seed) const {
    return std::sqrt(shared) * of_ND + std::sqrt(1 - shared) * normal_features(of_ND.size(0), width, seed);
  }
  Tensor drawn(int64_t repeats, int64_t seed) const {
    return pictures(means_CD.slice(0, 0, count).repeat({repeats, 1}), seed);
  }
  ScoreOptions options(int64_t repeats, bool with_reference) const {
    ScoreOptions options{.replicates = 100};
    for (int64_t i = 0; i < count * repeats; ++i) options.cluster_of.push_back(i % count);
    for (int64_t i = 0; with_reference && i < means_CD.size(0); ++i) options.reference_cluster_of.push_back(i);
    return options;
  }
};

bool contains(const Interval& interval, double value) { return interval.low <= value && value <= interval.high; }
double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value / double(values.size());
  return sum;
}

}  // namespace

TEST_CASE("the reference is drawn by the captions that were drawn, and its other captions among themselves",
          "[metrics]") {
  ScoreOptions options{.replicates = 20, .seed = 4, .cluster_of = {0, 1, 2, 0, 1, 2}};
  options.reference_cluster_of = {9, 2, 0, 1, 1, 8};
  const auto measured = resamples(6, options), reference = reference_resamples(options);
  for (size_t k = 0; k < 20; ++k) {
    std::map<int64_t, int64_t> captions, pictures;
    for (const int64_t i : measured[k]) ++captions[options.cluster_of[size_t(i)]];
    for (const int64_t i : reference[k]) ++pictures[i];
    CHECK((2 * pictures[2] == captions[0] && 2 * pictures[1] == captions[2]));
    CHECK((2 * pictures[3] == captions[1] && 2 * pictures[4] == captions[1]));
    CHECK(pictures[0] + pictures[5] == 2);
  }
}

TEST_CASE("resamples depend on captions, count and seed alone", "[metrics]") {
  const ScoreOptions once{.seed = 4, .cluster_of = {0, 1, 2}}, twice{.seed = 4, .cluster_of = {0, 1, 2, 0, 1, 2}};
  CHECK(resamples(3, once) == resamples(3, {.seed = 4}));
  const auto rows = resamples(3, once), wide = resamples(6, twice);
  for (size_t k = 0; k < rows.size(); ++k)
    for (size_t i = 0; i < 3; ++i) CHECK((wide[k][2 * i] == rows[k][i] && wide[k][2 * i + 1] == rows[k][i] + 3));
}

TEST_CASE("a distance to the captions' own pictures varies as its interval says, if these are resampled too",
          "[metrics]") {
  const int64_t alone = GENERATE(0, 100);
  std::vector<double> values, joint, fixed;
  for (int64_t trial = 0; trial < 60; ++trial) {
    const Captions captions(3 * trial, alone);
    const auto reference = captions.pictures(captions.means_CD, 3 * trial + 1);
    const FrechetReference frechet(feature_stats(reference), reference);
    const auto drawn = 1.2 * captions.drawn(3, 3 * trial + 2) + 0.4;
    const Score with = frechet.score("fd_x", drawn, captions.options(3, true));
    CHECK((with.resampling == Resampling::captions && with.clusters == captions.count));
    values.push_back(with.value);
    joint.push_back(with.high - with.low);
    if (trial >= 10) continue;
    const Score without = frechet.score("fd_x", drawn, captions.options(3, false));
    CHECK((without.value == with.value && without.resampling == Resampling::counted));
    fixed.push_back(without.high - without.low);
  }
  const Interval spread = percentile_interval(values);
  CHECK(mean_of(joint) == Approx(spread.high - spread.low).epsilon(0.35));
  CHECK(mean_of(fixed) > (alone == 0 ? 1.5 : 1.15) * mean_of(joint));
}

TEST_CASE("the paired interval of a ratio of distances covers the ratio, and is narrower than both distances' own",
          "[metrics]") {
  std::vector<double> ratios, widths, apart;
  std::vector<Interval> intervals;
  for (int64_t trial = 0; trial < 80; ++trial) {
    const Captions captions(4 * trial);
    const auto reference = captions.pictures(captions.means_CD, 4 * trial + 1);
    const FrechetReference frechet(feature_stats(reference), reference);
    const auto of = [&](double shift, int64_t seed) {
      const Score score = frechet.score("fd_x", captions.drawn(2, seed) + shift, captions.options(2, true));
      return Resampled{score.value, score.replicates};
    };
    const Resampled a = of(0.6, 4 * trial + 2), b = of(0.5, 4 * trial + 3);
    ratios.push_back(a.value / b.value);
    intervals.push_back(ratio_interval(a, b).value());
    widths.push_back(intervals.back().high - intervals.back().low);
    apart.push_back(percentile_interval(a.replicates).high / percentile_interval(b.replicates).low - 1);
  }
  const double ratio = median_of(ratios);
  CHECK(ratio == Approx(1.44).epsilon(0.05));
  const double covered =
      double(std::count_if(intervals.begin(), intervals.end(), [&](auto& i) { return contains(i, ratio); })) /
      double(ratios.size());
  CHECK(covered > 0.88);
  CHECK(mean_of(widths) < mean_of(apart));
}

TEST_CASE("a ratio keeps its width where replicates are biased, and has none where nothing bounds it", "[metrics]") {
  const Resampled a{2, {1.8, 2.0, 2.2}}, b{1, {0.9, 1.0, 1.1}};
  const auto plain = ratio_interval(a, b).value();
  CHECK((plain.low == Approx(2) && plain.high == Approx(2)));
  const Resampled c{1, {1.2, 1.0, 0.8}};
  Resampled biased = c, below = b;
  for (auto& replicate : biased.replicates) replicate += 5;
  for (auto& replicate : below.replicates) replicate += 5;
  const auto shifted = ratio_interval(biased, below).value(), unshifted = ratio_interval(c, b).value();
  CHECK((shifted.low == Approx(unshifted.low) && shifted.high == Approx(unshifted.high)));
  CHECK_FALSE(ratio_interval(a, {1, {}}));
  CHECK_FALSE(ratio_interval(a, {0.05, {-1, 0, 1}}));
  CHECK_FALSE(difference_interval(a, {1, {1, 2}}));
  const auto difference = difference_interval(a, b).value();
  CHECK((difference.low > 0.9 && difference.high < 1.1 && difference.low < 1 && difference.high > 1));
}
