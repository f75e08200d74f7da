// A sweep from its configuration to its winner: enumerate, choose, train short with early stopping, profile, store. A
// sweep that was killed or stopped goes on with the same request.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "experiments/listener.h"
#include "experiments/sweep/ending.h"

namespace mds {

struct SweepRequest {
  std::string config;                   // its file
  std::vector<std::string> settings{};  // "key=value", override the configuration's
  std::string db = "out/results.db";
  std::string artifacts = usual_artifacts;
  Placement placement{};
  std::string command{};  // that makes the winner again, for its card
  int64_t workers = 1;
  // Runs work_on_sweep in another process, and returns when that has ended; needed where there are several workers,
  // which are numbered from 0.
  std::function<void(int64_t worker)> run_worker{};
  bool any_build = false;  // a worker joins though another build trains the sweep

  SweepConfig load() const;  // names of stored networks are replaced by their hashes
};

struct SweepResult {
  SweepEnd end;
  int64_t failed = 0;  // runs, without which the others were compared
};

// Where the listener stops it, Interrupted: every run has a checkpoint then. ConfigError before anything is written
// where the configuration is wrong or the database holds another sweep of its name.
SweepResult run_sweep(const SweepRequest& request, Listener& listener);

// Trains runs of a sweep that is in the database until none can be claimed. ConfigError where another build trains it.
void work_on_sweep(const SweepRequest& request, Listener& listener);

}  // namespace mds
