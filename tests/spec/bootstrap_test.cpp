#include "spec/bootstrap.h"

#include "tests/catch.h"

using namespace mds;

TEST_CASE("the generator is SplitMix64, so seeds mean the same everywhere", "[spec]") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317u);
  CHECK(random.next() == 3203168211198807973u);
}

TEST_CASE("more replicates only add rows", "[spec]") {
  const auto few = bootstrap_indices(10, 3, 5), many = bootstrap_indices(10, 8, 5);
  CHECK(std::equal(few.begin(), few.end(), many.begin()));
  for (const auto& row : many)
    for (const auto index : row) CHECK((index >= 0 && index < 10));
}

TEST_CASE("clusters are drawn whole, and clusters of one are plain observations", "[spec]") {
  const std::vector<int64_t> cluster_of{7, 3, 7, 3, 3, 9};  // 7: 0 2, 3: 1 3 4, 9: 5
  for (const auto& row : cluster_indices(cluster_of, 20, 4)) {
    std::map<int64_t, int64_t> times;
    for (const int64_t i : row) ++times[i];
    CHECK((times[0] == times[2] && times[1] == times[3] && times[3] == times[4]));
    CHECK(times[0] + times[1] + times[5] == 3);
  }
  CHECK(cluster_indices({0, 1, 2, 3}, 10, 5) == bootstrap_indices(4, 10, 5));
}

TEST_CASE("a bootstrap of nothing is an error", "[spec]") {
  CHECK_THROWS_WITH(bootstrap_indices(0, 10, 1), "bootstrap: has 0 observations; allowed: at least 1");
  CHECK_THROWS_WITH(bootstrap_indices(5, 0, 1), "bootstrap: has 0 replicates; allowed: at least 1");
}

TEST_CASE("quantiles are linear between neighbours", "[spec]") {
  CHECK(quantile_of_sorted({1, 2, 3, 4}, 0.5) == 2.5);
  CHECK(quantile_of_sorted({1, 2, 3, 4, 5}, 0.25) == 2);
  CHECK(quantile_of_sorted({7}, 0.975) == 7);
  CHECK(median_of({3, 1, 2}) == 2);
}

TEST_CASE("a centred interval holds the value whatever the replicates' bias", "[spec]") {
  const auto interval = centred_interval(10, {19, 20, 21, 22, 23});
  CHECK(interval.low < 10);
  CHECK(interval.high > 10);
  CHECK(interval.high - interval.low == Approx(3.8));
}
