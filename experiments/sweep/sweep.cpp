#include "experiments/sweep/sweep.h"

#include <algorithm>
#include <optional>
#include <thread>

#include "experiments/open_store.h"
#include "experiments/sweep/asking.h"
#include "experiments/sweep/builds.h"
#include "experiments/sweep/judge.h"
#include "experiments/sweep/queue.h"
#include "experiments/sweep/timing.h"
#include "experiments/sweep/untrained.h"
#include "experiments/sweep/worker.h"
#include "experiments/training/latent_cache.h"
#include "spec/listed.h"
#include "spec/new_file.h"

namespace mds {
namespace {

// Runs the workers until no run can be claimed: in this process, or in several. A worker that dies only loses its
// lease; if all have died, starting them again would not help.
void train_all(SweepWorker& worker, const SweepRequest& request, const SweepContext& sweep) {
  const auto& [listener, clock] = std::tie(sweep.listener, sweep.clock);
  if (request.workers == 1) return void(worker.work());
  const auto others = clock.in("workers");
  std::vector<std::string> failures(size_t(request.workers));
  {
    std::vector<std::jthread> processes;
    for (size_t i = 0; i < failures.size(); ++i)
      processes.emplace_back([&failure = failures[i], &request, i] {
        try {
          request.run_worker(int64_t(i));
        } catch (const std::exception& error) {
          failure = error.what();
        }
      });
  }
  listener.throw_if_stopped();
  for (const auto& failure : failures) listener.say_if_any(failure);
  if (std::ranges::count(failures, "") == 0)
    throw std::runtime_error("all " + std::to_string(request.workers) + " workers failed; the same command goes on");
}

// The first run that still has to be trained by somebody.
std::optional<RunRow> waiting(const Database& database, const SweepConfig& config) {
  for (const auto& run : runs_of(database, config.name))
    if (run.state == RunState::queued || run.state == RunState::promoted || run.state == RunState::leased) return run;
  return std::nullopt;
}

std::string waits_for(const RunRow& run, const SweepConfig& config) {
  return "run " + std::to_string(run.run) + " is with the worker " + run.owner +
         "; this sweep waits until it is done, or until its lease of " + std::to_string(config.lease_seconds) +
         " s ends";
}

// Trains whatever can be trained, here or by others. The run of a dead worker can be claimed again when its lease ends.
void train_until_none_is_left(SweepWorker& worker, const SweepContext& sweep, const SweepRequest& request) {
  int64_t announced = 0;
  train_all(worker, request, sweep);
  for (auto run = waiting(sweep.database, sweep.config); run; run = waiting(sweep.database, sweep.config)) {
    sweep.listener.throw_if_stopped();
    if (run->state == RunState::leased && std::exchange(announced, run->run) != run->run)
      sweep.listener.say(waits_for(*run, sweep.config));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    train_all(worker, request, sweep);
  }
}

// Until nobody waits at a rung to be judged.
void run_rungs(const SweepContext& sweep, const SweepRequest& request) {
  SweepWorker worker(sweep);
  do train_until_none_is_left(worker, sweep, request);
  while (judge_waiting(sweep));
}

// Says which runs failed, as the others were compared without them; returns how many did.
int64_t tell_failed(const SweepContext& sweep) {
  const auto runs = runs_of(sweep.database, sweep.config.name);
  const int64_t failed = std::ranges::count(runs, RunState::failed, &RunRow::state);
  if (failed == 0) return 0;
  for (const auto& run : runs)
    if (run.state == RunState::failed) sweep.listener.say("run " + std::to_string(run.run) + " failed: " + run.message);
  sweep.listener.say(std::to_string(failed) + " of the " + std::to_string(runs.size()) + " runs of " +
                     sweep.config.name + " failed, and the others were compared without them; after `mdsearch db " +
                     "retry " + sweep.config.name + " --db " + sweep.database.file() +
                     "` the same command tries them again");
  return failed;
}

LatentSourcePtr opened_latents(const SweepConfig& config, const SweepRequest& request, Listener& listener,
                               PhaseClock& clock) {
  const auto opening = clock.in("data");
  return open_latents({config.stage.data, least_held_out, request.placement}, listener);
}

}  // namespace

SweepConfig SweepRequest::load() const {
  SweepConfig loaded = load_sweep(config, settings);
  pin_networks(loaded, db);
  loaded.artifacts = artifacts;
  return loaded;
}

SweepResult run_sweep(const SweepRequest& request, Listener& listener) {
  if (request.workers > 1 && !request.run_worker)
    throw std::logic_error("a sweep of several workers needs run_worker, which runs one of them");
  const Stoppable stoppable(listener);
  const SweepConfig config = request.load();
  std::unique_ptr<Database> existing = open_if_there(request.db);
  PhaseClock clock;
  NewRuns runs = timed(clock, "enumerate", [&] { return new_runs(existing.get(), config, listener); });
  const LatentSourcePtr latents = opened_latents(config, request, listener, clock);
  const SweepMeasures measures(config, *latents, request.placement, listener);
  check_policy(config.policy, measures.evaluator);
  add_proxies(runs, config, *latents);
  // Everything that can be wrong with the sweep is checked before this line, which is the first that writes.
  Database& database = open_for_rows(existing, request.db);
  make_folder(config.folder());
  remove_unfinished(config.folder());
  enqueue(database, config, runs, protocol_json(config, *latents, measures));
  if (const std::string other = other_build(database, config.name); !other.empty())
    listener.say(other + "; it goes on with this one, whose numbers may differ in their last digits");
  if (runs.growth.any()) listener.say("the stored sweep takes more: " + listed(runs.growth.more));

  const SweepContext sweep{database, config, *latents, measures, request.placement, listener, clock};
  store_untrained(sweep);
  if (reads_latency(config)) time_candidates(sweep);  // while nothing else runs
  do run_rungs(sweep, request);
  while (enqueue_asked(sweep));
  if (config.profile) time_candidates(sweep);
  remove_unfinished(config.folder());  // of workers that were killed on the way
  SweepEnd end = timed(clock, "winner", [&] { return end_sweep(sweep, request.command); });
  listener.say(in_words(clock, "where the time of the sweep went"));
  return {std::move(end), tell_failed(sweep)};
}

void work_on_sweep(const SweepRequest& request, Listener& listener) {
  const SweepConfig config = request.load();
  Database database(request.db, StoreMode::open_existing);
  check_stored(database, config);
  if (const std::string other = other_build(database, config.name); !other.empty() && !request.any_build)
    throw ConfigError(other + "; start the same build, or give `any_build`");
  PhaseClock clock;
  const LatentSourcePtr latents = opened_latents(config, request, listener, clock);
  const SweepMeasures measures(config, *latents, request.placement, listener);
  const Stoppable stoppable(listener);
  remove_unfinished(config.folder());
  SweepWorker({database, config, *latents, measures, request.placement, listener, clock}).work();
  listener.say(in_words(clock, "where the time of worker " + worker_name() + " went"));
}

}  // namespace mds
