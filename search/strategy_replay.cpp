#include "search/strategy_replay.h"

#include <algorithm>
#include <limits>

namespace mds {

std::vector<double> lowest_ends(const StrategyConfig& config, const TrainedTable& table, int64_t trainings) {
  if (table.points.size() < 2)
    throw ConfigError("a strategy is played over " + std::to_string(table.points.size()) +
                      " candidates; allowed: at least 2");
  constexpr auto most = std::numeric_limits<int64_t>::max();
  Strategy strategy({.space = table.space,
                     .caps = {.params = most, .macs_valid = most},
                     .objectives = {{.name = "end"}},
                     .rungs = int64_t(table.curves.front().size()),
                     .members = table.points},
                    config);
  std::vector<double> lowest;
  while (int64_t(lowest.size()) < trainings) {
    const auto asked = strategy.ask(1);
    if (asked.empty()) break;
    const auto at = std::ranges::find(table.points, asked[0].point) - table.points.begin();
    const auto& curve = table.curves[size_t(at)];
    Told told{.number = asked[0].number};
    for (const double value : curve) told.curve.push_back({value});
    strategy.tell(told);
    lowest.push_back(lowest.empty() ? curve.back() : std::min(lowest.back(), curve.back()));
  }
  return lowest;
}

}  // namespace mds
