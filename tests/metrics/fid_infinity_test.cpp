#include "metrics/fid_infinity.h"

#include "tests/catch.h"
#include "tests/metrics/features.h"

using namespace mds;

namespace {

Tensor white(int64_t n, uint64_t seed) {
  return torch::randn({n, 16}, at::detail::createCPUGenerator(seed), torch::kFloat64);
}

}  // namespace

TEST_CASE("the intercept is far nearer the truth than the distance of all pictures", "[metrics]") {
  // The reference is so large that it represents the distribution itself: the true distance is 0.25.
  const FrechetReference reference(feature_stats(white(200000, 1)));
  const auto shift = torch::zeros(16, torch::kFloat64);
  shift[0] = 0.5;
  double plain = 0, infinite = 0;
  for (uint64_t seed = 2; seed < 8; ++seed) {
    const auto x = white(600, seed) + shift;
    plain += (reference.distance(x) - 0.25) / 6;
    infinite += (fid_infinity("fid_infinity", x, reference, {.smallest = 100}).value - 0.25) / 6;
  }
  CHECK(plain > 0.05);
  CHECK(std::abs(infinite) < plain / 2);
}

TEST_CASE("the score at infinity is repeatable, and its interval holds the value", "[metrics]") {
  const FrechetReference reference(feature_stats(random_features(400, 24, 9)));
  const auto x = random_features(300, 24, 10);
  const FidInfinityOptions options{.sizes = 8, .smallest = 60, .score = {.seed = 5}};
  const auto score = fid_infinity("fid_infinity", x, reference, options);
  CHECK(to_json(score) == to_json(fid_infinity("fid_infinity", x, reference, options)));
  CHECK(score.value < reference.distance(x));
  CHECK(score.low < score.value);
  CHECK(score.value < score.high);
  CHECK(score.n == 300);
  CHECK(score.interval == IntervalKind::residuals);
}

TEST_CASE("subset sizes to which no line can be fitted are named", "[metrics]") {
  const FrechetReference reference(feature_stats(random_features(50, 4, 11)));
  const auto x = random_features(100, 4, 12);
  const auto at = [&](int64_t sizes, int64_t smallest) {
    return fid_infinity("f", x, reference, {.sizes = sizes, .smallest = smallest});
  };
  CHECK_THROWS_WITH(at(2, 20), "fid_infinity: has 2 sizes; allowed: at least 3");
  CHECK_THROWS_WITH(at(15, 5000), Catch::Contains("smallest subset is 5000 pictures; allowed: 2 to 99"));
  CHECK_THROWS_AS(at(15, 1), ConfigError);
}
