// The work queue: runs and their states.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "search/store/runs.h"

namespace mds {

struct Worker {
  std::string owner{};  // such as "host:process"
  int64_t lease_seconds = 120;
  int64_t device = 0;  // numbers of remember_device and remember_env; 0: unknown
  int64_t env = 0;
  std::set<int64_t> leaves{};  // runs that it does not claim, as it lacks what they need
};

// The longest lease that a sweep may ask for, and so the furthest end of one that is believed.
inline constexpr int64_t longest_lease_seconds = 86400;

// A run counts as failed when this many leases in a row expired without progress.
inline constexpr int64_t most_deaths_without_progress = 10;

// Takes a promoted or queued run, or a leased one whose lease ran out, or ends further ahead than the worker's would,
// as after the clock was set back; deepest rung first.
std::optional<Lease> claim(Database& database, const std::string& sweep, const Worker& worker);
// Takes this run whatever its state: for a worker that knows that the holder of its lease is gone.
Lease take(Database& database, int64_t run, const Worker& worker);
void heartbeat(Database& database, const Lease& lease);  // extends the lease by its lease_seconds
// Says that a later lease goes on further than this one did: a checkpoint was saved.
void note_progress(Database& database, const Lease& lease);
void finish(Database& database, const Lease& lease, RunState state, const std::string& message = "");
void promote(Database& database, int64_t run, int64_t rung);  // continues a paused or stopped run to a deeper rung
void stop(Database& database, int64_t run, const std::string& message = "");
// Marks a run that no worker holds as failed, as where its scores turn out to be no numbers.
void fail_run(Database& database, int64_t run, const std::string& message);
void retry(Database& database, int64_t run);  // queues a failed or finished run again, at its rung

}  // namespace mds
