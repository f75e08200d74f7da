// How a sweep enters the database, complete or not at all: its configuration and a run for each candidate and seed. To
// a stored sweep, new runs can be added.
#pragma once

#include "experiments/sweep/candidates.h"
#include "experiments/sweep/growth.h"
#include "experiments/sweep/scores.h"
#include "search/store/store.h"

namespace mds {

// The runs that are not stored yet; they are found without writing anything.
struct NewRuns {
  std::vector<Candidate> candidates{};
  std::vector<UNetSpec> proxies{};  // of the candidates
  Growth growth{};
};

// `store` is null where there is no database yet. ConfigError where the stored sweep cannot grow into this one.
NewRuns new_runs(const Database* database, const SweepConfig& config, Listener& listener);
void add_proxies(NewRuns& runs, const SweepConfig& config, const LatentSource& latents);

// ConfigError where the stored runs were trained under other conditions, for example on other pictures.
void enqueue(Database& database, const SweepConfig& config, const NewRuns& runs, const Json& protocol);

// Queues what the strategy asks for now that more results are stored; returns whether it asked for anything. Several
// workers may call it at once.
bool enqueue_asked(const SweepContext& sweep);

// Checks that the sweep of a worker is in the database with this configuration.
void check_stored(const Database& database, const SweepConfig& config);

}  // namespace mds
