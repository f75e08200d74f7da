// How a stored sweep may grow: more candidates, networks, rungs or seeds. Any other change would make its runs
// invalid.
#pragma once

#include "experiments/sweep/config.h"

namespace mds {

struct Growth {
  std::vector<std::string> more;  // "candidates 6 -> 8"
  bool more_rungs = false;
  bool any() const { return !more.empty(); }
};

// The growth from a stored configuration to this one. ConfigError names each field that may not change, and `database`.
Growth growth_of(const Json& stored, const SweepConfig& config, const std::string& database);

}  // namespace mds
