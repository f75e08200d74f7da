// Several networks timed against each other: rounds of fresh processes in random order, then every pair by its ratio of
// medians.
#pragma once

#include "experiments/timing/profiling.h"
#include "reports/table.h"
#include "spec/shape.h"

namespace mds {

struct CompareRequest {
  std::vector<std::string> networks{};
  std::string database{};
  Extent pixels{};  // picture size; 0: each network's own
  ProfileOptions options{.whole = true, .blocks = false};
  int64_t rounds = 3;
};

// Measures, stores each round at once, and returns the medians and the pairs. ConfigError for fewer than two networks
// or one that is named twice.
std::string compare_networks(const CompareRequest& request, const MeasureNetwork& measure, Format format,
                             Listener& listener);

}  // namespace mds
