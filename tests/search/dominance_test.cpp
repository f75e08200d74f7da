#include "search/dominance.h"

#include <cmath>

#include "spec/bootstrap.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("fronts are those of the definition: nothing in a front is dominated by the rest", "[search]") {
  Random random(1);
  std::vector<Objectives> values;
  for (int i = 0; i < 60; ++i)
    values.push_back({double(random.below(9)), double(random.below(9)), double(random.below(9))});
  const auto fronts = fronts_of(values);
  for (size_t i = 0; i < values.size(); ++i) {
    CHECK_FALSE(dominates(values[i], values[i]));
    int64_t deepest = -1;  // the longest chain of dominance above a point ends one front before it
    for (size_t j = 0; j < values.size(); ++j) {
      if (dominates(values[j], values[i])) deepest = std::max(deepest, fronts[j]);
      CHECK_FALSE((dominates(values[j], values[i]) && dominates(values[i], values[j])));
    }
    CHECK(fronts[i] == deepest + 1);
  }
  CHECK(fronts_of({}).empty());
}

TEST_CASE("a mean rank is that of places in sorted lists, where equal values share theirs", "[search]") {
  CHECK(mean_ranks({{3, 1}, {1, 1}, {3, 2}}) == std::vector<double>{(2.5 + 1.5) / 2, (1 + 1.5) / 2, (2.5 + 3) / 2});
  CHECK(mean_ranks({}).empty());
}

TEST_CASE("crowding distances are infinite at the ends, and sums of relative gaps between", "[search]") {
  const auto distances = crowding_distances({{0, 10}, {1, 6}, {4, 5}, {10, 0}});
  CHECK(std::isinf(distances[0]));
  CHECK(std::isinf(distances[3]));
  CHECK(distances[1] == Approx(0.4 + 0.5));
  CHECK(distances[2] == Approx(0.9 + 0.6));
  CHECK(crowding_distances({{1, 2}, {1, 2}}) == std::vector<double>{0, 0});
}
