#include "metrics/precision_recall.h"

#include <limits>

#include "tests/catch.h"
#include "tests/metrics/features.h"

using namespace mds;

namespace {

// The share of x within the balls of y, from the definition.
double share(const Tensor& x, const Tensor& y, int64_t k) {
  const auto radii = std::get<0>((y.unsqueeze(1) - y.unsqueeze(0)).norm(2, -1).sort(1)).select(1, k);
  return (x.unsqueeze(1) - y.unsqueeze(0)).norm(2, -1).le(radii).any(1).to(torch::kFloat64).mean().item<double>();
}

struct Shares {
  Score precision, recall;
};
Shares shares(const Tensor& x, const Tensor& y, int64_t k = 3) {
  return {precision("precision", x, y, k), recall("recall", x, y, k)};
}

}  // namespace

TEST_CASE("precision and recall are their definitions", "[metrics]") {
  const int64_t k = GENERATE(1, 3, 10);
  const auto x = random_features(60, 5, 1) + 0.7, y = 1.3 * random_features(90, 5, 2);
  const auto result = shares(x, y, k);
  CHECK(result.precision.value == Approx(share(x, y, k)));
  CHECK(result.recall.value == Approx(share(y, x, k)));
  CHECK(result.precision.n == 60);
  CHECK(result.recall.n == 90);
  CHECK(result.precision.low <= result.precision.value);
  CHECK(result.precision.value <= result.precision.high);
}

TEST_CASE("equal sets have both, distant sets neither, a narrow set precision alone", "[metrics]") {
  const auto x = random_features(1200, 6, 3);
  const auto same = shares(x, x);
  CHECK(same.precision.value == 1);
  CHECK(same.recall.value == 1);
  const auto apart = shares(x, x + 100);
  CHECK(apart.precision.value == 0);
  CHECK(apart.recall.value == 0);
  const auto narrow = shares(0.1 * x, x);
  CHECK(narrow.precision.value > 0.95);
  CHECK(narrow.recall.value < 0.05);
}

TEST_CASE("shares do not depend on the order of pictures or on the origin", "[metrics]") {
  const auto x = random_features(150, 6, 4) + 0.5, y = random_features(130, 6, 5);
  const auto plain = shares(x, y), moved = shares(x.flip(0) + 1e5, y.flip(0) + 1e5);
  CHECK(moved.precision.value == plain.precision.value);
  CHECK(moved.recall.value == plain.recall.value);
}

TEST_CASE("sets without enough neighbours are named", "[metrics]") {
  auto x = random_features(10, 4, 6);
  CHECK_THROWS_WITH(precision("precision", x, x.slice(0, 0, 3)),
                    "precision and recall: k is 3; allowed: 1 to 2, below the number of pictures");
  CHECK_THROWS_AS(recall("recall", x, x, 0), ConfigError);
  CHECK_THROWS_AS(recall("recall", x, random_features(10, 5, 6)), ConfigError);
  x[2][0] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(precision("precision", x, x), "features: row 2 holds a value that is not finite");
}

TEST_CASE("recall's replicates see only the balls that were drawn", "[metrics]") {
  const auto x = random_features(40, 3, 7), y = random_features(50, 3, 8);
  std::vector<int64_t> all(40);
  for (int64_t i = 0; i < 40; ++i) all[size_t(i)] = i;
  const auto values = recall_replicates(x, y, {.measured = {all, std::vector<int64_t>(40, 0)}});
  CHECK(values[0] == recall("recall", x, y).value);
  CHECK(values[1] < 0.5 * values[0]);
  const auto of_one = recall_replicates(x, y, {.measured = {all}, .reference = {std::vector<int64_t>(9, 4)}});
  CHECK((of_one[0] == 0 || of_one[0] == 1));
}

TEST_CASE("recall's interval follows the pictures that were drawn, not the flags of the reference", "[metrics]") {
  const auto reference = normal_features(300, 2, 20);
  std::vector<double> values;
  double widths = 0;
  for (int64_t trial = 0; trial < 60; ++trial) {
    const Score score = recall("recall", normal_features(60, 2, 100 + trial), reference);
    CHECK(score.resampling == Resampling::pictures);
    CHECK((score.low <= score.value && score.value <= score.high && score.replicates.size() == 200));
    values.push_back(score.value);
    widths += (score.high - score.low) / 60;
  }
  const Interval spread = percentile_interval(values);
  CHECK(widths == Approx(spread.high - spread.low).epsilon(0.3));
}
