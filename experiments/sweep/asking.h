// The candidates that a sweep's strategy asks for as results come. They follow from the store alone, so that a sweep
// which was stopped goes on as if it had not been.
#pragma once

#include <map>
#include <string>

#include "experiments/listener.h"
#include "experiments/sweep/config.h"
#include "search/store/store.h"
#include "search/strategy.h"

namespace mds {

using Latencies = std::map<std::string, double>;  // by hash of a network, in ns

// Whether the strategy makes latency better, so that the blocks of candidates are timed before they are trained.
bool reads_latency(const SweepConfig& config);

// What the strategy makes better: as configured, or the policy's first score and, for nsga2, macs_valid. ConfigError at
// `place` for a name that is neither a score of the sweep nor params, macs, macs_valid or latency, and for latency
// where the sweep times nothing.
std::vector<Objective> objectives_of(const SweepConfig& config, const Place& place, const Latencies& latencies = {});

// Whether the strategy may be asked for a candidate now: `waiting` for a result that the next one depends on, `done`
// where all candidates are stored, and where there is no strategy.
enum class Asking : uint8_t { ready, waiting, done };
Asking asking_of(const Database& database, const SweepConfig& config);

// As many candidates as may be asked for before there is any result, first those that the space includes.
std::vector<Candidate> first_candidates(const SweepConfig& config, Listener& listener);

// As many new candidates as the stored results allow, config.candidates with the stored ones. Fewer where the space has
// no more, which the listener is told.
std::vector<Candidate> asked_candidates(const Database& database, const SweepConfig& config, Listener& listener);

// Random networks that stand for those which the strategy would ask for.
std::vector<Candidate> random_candidates(const SweepConfig& config, Listener& listener);

}  // namespace mds
