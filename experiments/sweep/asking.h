// The candidates that a sweep's strategy asks for as results come. They follow from the store alone, so that a sweep
// which was stopped goes on as if it had not been.
#pragma once

#include "experiments/listener.h"
#include "experiments/sweep/config.h"
#include "search/store/store.h"
#include "search/strategy.h"

namespace mds {

// What the strategy makes better: as configured, or the policy's first score and, for nsga2, macs_valid. ConfigError at
// `place` for a name that is neither a score of the sweep nor params, macs or macs_valid.
std::vector<Objective> objectives_of(const SweepConfig& config, const Place& place);

// Whether the strategy may be asked for a candidate now: `waiting` for a result that the next one depends on, `done`
// where all candidates are stored, and where there is no strategy.
enum class Asking : uint8_t { ready, waiting, done };
Asking asking_of(const Database& database, const SweepConfig& config);

// As many new candidates as the stored results allow, config.candidates with the stored ones; first those that the
// space includes. Fewer where the space has no more, which the listener is told. `database` is null where there is none
// yet.
std::vector<Candidate> asked_candidates(const Database* database, const SweepConfig& config, Listener& listener);

// Random networks that stand for those which the strategy would ask for.
std::vector<Candidate> random_candidates(const SweepConfig& config, Listener& listener);

}  // namespace mds
