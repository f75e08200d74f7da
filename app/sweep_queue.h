// How a sweep enters the database, whole or not at all: its configuration and a run for each candidate and seed. One
// that is there takes what it is asked for besides.
#pragma once

#include "app/sweep_candidates.h"
#include "app/sweep_growth.h"
#include "app/sweep_scores.h"
#include "search/store/store.h"

namespace mds {

// What is not stored yet, found without writing anything.
struct NewRuns {
  std::vector<Candidate> candidates{};
  std::vector<UNetSpec> proxies{};  // of the candidates
  Growth growth{};
};

// `store`: null where there is no database yet. ConfigError where the stored sweep cannot become this one.
NewRuns new_runs(const Store* store, const SweepConfig& config);
void add_proxies(NewRuns& runs, const SweepConfig& config, const LatentSet& latents);

// ConfigError where the stored runs were trained under other conditions, on changed pictures for example.
void enqueue(Store& store, const SweepConfig& config, const NewRuns& runs, const Json& protocol);

// A worker's sweep must be in the database as its configuration says.
void check_stored(const Store& store, const SweepConfig& config);

}  // namespace mds
