// The networks that a sweep trains: selected from a space, or listed in the configuration.
#pragma once

#include "experiments/listener.h"
#include "experiments/sweep/config.h"

namespace mds {

// Replaces stored names in the list of networks by the hashes that they mean now. Hashes identify the sweep; names
// would not, because the winner of a sweep may change. RequestError for a name that the database does not have.
void pin_networks(SweepConfig& config, const std::string& database);

// At least one, in the order in which they are queued. Says what is left out of a space. Where a strategy asks for
// candidates as results come, random networks stand for them. ConfigError where no network is under the caps, or where
// a listed network exceeds them.
std::vector<Candidate> candidates_of(const SweepConfig& config, Listener& listener);

}  // namespace mds
