// The networks that a sweep trains: chosen from a space, or listed by the configuration.
#pragma once

#include "app/sweep_config.h"

namespace mds {

// In the order in which they are queued, at least one. What is left out of a space is said on stderr. ConfigError where
// nothing is under the caps, and for listed networks that are not.
std::vector<Candidate> candidates_of(const SweepConfig& config);

}  // namespace mds
