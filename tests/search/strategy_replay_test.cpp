#include "search/strategy_replay.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "search/moves.h"
#include "tests/catch.h"

using namespace mds;

namespace {

const Space& shipped() {
  static const std::string file = shipped_file("configs/spaces/mobilediffusion.json");
  static const Space space(load_space(file), file);
  return space;
}

// Random networks that are the better, the nearer their compute is to 150 G; those with separable convolutions win.
TrainedTable table_of(int64_t count) {
  TrainedTable table{.space = shipped()};
  Random random(17);
  std::set<std::string> known;
  while (int64_t(table.points.size()) < count) {
    const Point point = random_point(shipped(), random);
    if (!known.insert(hash_of(shipped().network(point))).second) continue;
    const double macs = std::log(double(cost(make_plan(shipped().network(point))).macs_valid) / 1.5e11);
    const double end = 1 + 3 * macs * macs + (shipped().choices(point).contains("kernel") ? 0 : 0.5);
    table.points.push_back(point);
    table.curves.push_back({2 * end, end});
  }
  return table;
}

StrategyConfig settings(StrategyKind kind, uint64_t seed) {
  return {.kind = kind, .seed = seed, .ahead = 0, .population = 6, .sample = 3, .pool = 32};
}

double mean_lowest(StrategyKind kind, const TrainedTable& table, int64_t trainings) {
  constexpr uint64_t seeds = 12;
  double sum = 0;
  for (uint64_t seed = 0; seed < seeds; ++seed) sum += lowest_ends(settings(kind, seed), table, trainings).back();
  return sum / double(seeds);
}

}  // namespace

TEST_CASE("a strategy over a table asks for all of it, and finds the best in the end", "[search]") {
  const TrainedTable table = table_of(24);
  double best = table.curves.front().back();
  for (const auto& curve : table.curves) best = std::min(best, curve.back());
  for (const auto kind : {StrategyKind::random, StrategyKind::evolution, StrategyKind::nsga2, StrategyKind::model}) {
    const auto lowest = lowest_ends(settings(kind, 1), table, 100);
    CHECK(lowest.size() == table.points.size());
    CHECK(std::is_sorted(lowest.rbegin(), lowest.rend()));
    CHECK(lowest.back() == best);
    CHECK(lowest == lowest_ends(settings(kind, 1), table, 100));
    CHECK(lowest_ends(settings(kind, 1), table, 5) == std::vector(lowest.begin(), lowest.begin() + 5));
  }
  CHECK_THROWS_WITH(lowest_ends({}, table_of(1), 1), Catch::Contains("over 1 candidates; allowed: at least 2"));
}

TEST_CASE("over a table, the model finds better networks than random search with as many trainings", "[search]") {
  const TrainedTable table = table_of(96);
  CHECK(mean_lowest(StrategyKind::model, table, 16) < mean_lowest(StrategyKind::random, table, 16) - 0.01);
}
