// The networks that a sweep trains: selected from a space, or listed in the configuration.
#pragma once

#include "app/sweep_config.h"

namespace mds {

// At least one, in the order in which they are queued. Reports on stderr what is left out of a space. ConfigError where
// no network is under the caps, or where a listed network exceeds them.
std::vector<Candidate> candidates_of(const SweepConfig& config);

}  // namespace mds
