// What a stored sweep is asked for besides: more candidates, networks, rungs or seeds. All else would make its runs
// others than they are.
#pragma once

#include "app/sweep_config.h"

namespace mds {

struct Growth {
  std::vector<std::string> more;  // "candidates 6 -> 8"
  bool more_rungs = false;
  bool any() const { return !more.empty(); }
};

// From a sweep's stored configuration to this one. ConfigError names each field that may not change, and `database`.
Growth growth_of(const Json& stored, const SweepConfig& config, const std::string& database);

}  // namespace mds
