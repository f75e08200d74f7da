// Plays a strategy over candidates that are all trained already: what it would have found after how many trainings.
#pragma once

#include "search/strategy.h"

namespace mds {

// Candidates of a space with what they reached, lower is better: curves with as many rungs each.
struct TrainedTable {
  const Space& space;
  std::vector<Point> points{};
  std::vector<std::vector<double>> curves{};
};

// The lowest end of a curve among the first 1, 2, ... `trainings` candidates that the strategy asks for, or among all
// where there are fewer. ConfigError for a table with fewer than two candidates.
std::vector<double> lowest_ends(const StrategyConfig& config, const TrainedTable& table, int64_t trainings);

}  // namespace mds
