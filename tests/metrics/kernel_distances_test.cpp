#include <limits>

#include "metrics/cmmd.h"
#include "metrics/kid.h"
#include "spec/bootstrap.h"
#include "tests/catch.h"
#include "tests/metrics/features.h"

using namespace mds;

namespace {

// Computed from the definitions, pair by pair.
double mean_over_pairs(const Tensor& x, const Tensor& y, bool with_itself, const auto& kernel) {
  double sum = 0;
  int64_t pairs = 0;
  for (int64_t i = 0; i < x.size(0); ++i)
    for (int64_t j = 0; j < y.size(0); ++j) {
      if (!with_itself && i == j) continue;
      sum += kernel(x[i], y[j]);
      ++pairs;
    }
  return sum / double(pairs);
}

double cube(const Tensor& a, const Tensor& b) { return std::pow(a.dot(b).item<double>() / double(a.size(0)) + 1, 3); }

double gaussian(const Tensor& a, const Tensor& b) {
  return std::exp(-(a / a.norm() - b / b.norm()).square().sum().item<double>() / 200);
}

Tensor shuffled(const Tensor& x) {
  return x.index_select(0, torch::randperm(x.size(0), at::detail::createCPUGenerator(3), torch::kLong));
}

}  // namespace

TEST_CASE("a subset as large as both sets gives the unbiased discrepancy by its definition", "[metrics]") {
  const auto x = random_features(20, 6, 1), y = random_features(20, 6, 2) + 0.3;
  const double expected =
      mean_over_pairs(x, x, false, cube) + mean_over_pairs(y, y, false, cube) - 2 * mean_over_pairs(x, y, true, cube);
  const auto result = kid("kid", x, y, {.subsets = 3, .subset_size = 20});
  CHECK(result.score.value == Approx(expected).epsilon(1e-10));
  CHECK(result.standard_deviation == Approx(0).margin(1e-12));
  CHECK(result.score.low < result.score.value);
  CHECK(result.score.value < result.score.high);
  CHECK(result.score.n == 20);
}

TEST_CASE("kid is about zero for one distribution and grows with the distance of the sets", "[metrics]") {
  const auto x = random_features(400, 12, 4);
  const auto mix = random_features(800, 12, 5);
  const KidOptions options{.subsets = 50, .subset_size = 100};
  const double same = kid("kid", mix.slice(0, 0, 400), mix.slice(0, 400), options).score.value;
  const double near = kid("kid", x, x + 0.3, options).score.value, far = kid("kid", x, x + 0.6, options).score.value;
  CHECK(std::abs(same) < near / 5);
  CHECK(near < far);
}

TEST_CASE("the mean over subsets agrees with the whole sets and repeats with its seed", "[metrics]") {
  const auto x = random_features(300, 8, 6), y = random_features(300, 8, 7) + 0.5;
  const double whole = kid("kid", x, y, {.subsets = 1, .subset_size = 300}).score.value;
  const KidOptions options{.subsets = 200, .subset_size = 60, .score = {.seed = 8}};
  const auto some = kid("kid", x, y, options);
  CHECK(some.score.value == Approx(whole).margin(4 * some.standard_deviation / std::sqrt(200)));
  CHECK(to_json(some.score) == to_json(kid("kid", x, y, options).score));
}

TEST_CASE("the interval of a kernel distance is as wide as its spread over resampled pictures", "[metrics]") {
  const auto x = random_features(200, 8, 21), y = random_features(200, 8, 22) + 0.5;
  std::vector<double> replicates;
  for (const auto& row : bootstrap_indices(200, 200, 23))
    replicates.push_back(cmmd("cmmd", x.index_select(0, torch::tensor(row)), y, {.replicates = 1}).score.value);
  const auto direct = percentile_interval(replicates);
  const auto score = cmmd("cmmd", x, y, {.replicates = 1000}).score;
  CHECK(score.interval == IntervalKind::linearised);
  CHECK((score.high - score.low) / (direct.high - direct.low) == Approx(1).margin(0.2));
}

TEST_CASE("cmmd is its definition, pairs of a picture with itself included", "[metrics]") {
  const auto x = random_features(15, 6, 9), y = random_features(22, 6, 10);
  const double expected = 1000 * (mean_over_pairs(x, x, true, gaussian) + mean_over_pairs(y, y, true, gaussian) -
                                  2 * mean_over_pairs(x, y, true, gaussian));
  CHECK(cmmd("cmmd", x, y).score.value == Approx(expected).epsilon(1e-8));
  CHECK(cmmd("cmmd", x, x).score.value == Approx(0).margin(1e-9));
  CHECK(cmmd("cmmd", 7 * x, y).score.value == Approx(expected).epsilon(1e-8));
}

TEST_CASE("cmmd is the same in any order and over several blocks of rows", "[metrics]") {
  const auto x = random_features(1500, 4, 11), y = random_features(1100, 4, 12);
  const double value = cmmd("cmmd", x, y).score.value;
  CHECK(cmmd("cmmd", shuffled(x), shuffled(y)).score.value == Approx(value).epsilon(1e-6));
  CHECK(cmmd("cmmd", y, x).score.value == Approx(value).epsilon(1e-6));
}

TEST_CASE("sets that kernel distances cannot compare are named", "[metrics]") {
  auto x = random_features(10, 4, 13);
  CHECK_THROWS_WITH(kid("kid", x, random_features(30, 4, 14)),
                    "kid: a subset is 1000 pictures; allowed: 2 to 10 (the sets have 10 and 30)");
  CHECK_THROWS_AS(kid("kid", x, x, {.subsets = 0, .subset_size = 5}), ConfigError);
  CHECK_THROWS_AS(kid("kid", x.slice(0, 0, 1), x, {.subset_size = 1}), ConfigError);
  CHECK_THROWS_WITH(kid("kid", x, random_features(10, 5, 14), {.subset_size = 5}),
                    "features: are 4 wide; the reference has 5");
  CHECK_THROWS_AS(cmmd("cmmd", x, random_features(10, 5, 14)), ConfigError);
  x[3][1] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(kid("kid", x, x, {.subset_size = 5}), "features: row 3 holds a value that is not finite");
  CHECK_THROWS_WITH(cmmd("cmmd", x, x), "embeddings: row 3 holds a value that is not finite");
}
