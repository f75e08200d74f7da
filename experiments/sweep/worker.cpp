#include "experiments/sweep/worker.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "experiments/failure_words.h"
#include "experiments/recording.h"
#include "experiments/shortage.h"
#include "experiments/sweep/asking.h"
#include "experiments/sweep/disk.h"
#include "experiments/sweep/judge.h"
#include "experiments/sweep/queue.h"
#include "experiments/training/picture_parts.h"
#include "experiments/training/segment.h"
#include "spec/new_file.h"

namespace mds {
namespace {

int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct ProxyTraining {
  ProxyTraining(const UNetSpec& proxy, const SweepConfig& config, const LatentSource& latents, const LoopConfig& loop)
      : stage(proxy, config.stage, loop, latents), loop(stage, loop, config.optimizer) {}
  BaseStage stage;
  Loop loop;
};

// The last iteration up to this one of which the loss is stored; that of an interrupt's checkpoint is not.
int64_t last_stored(const SweepConfig& config, int64_t iteration) {
  int64_t last = iteration / config.checkpoint_every * config.checkpoint_every;
  for (const int64_t rung : config.rungs)
    if (rung <= iteration) last = std::max(last, rung);
  return last;
}

}  // namespace

SweepWorker::SweepWorker(const SweepContext& sweep)
    : context_(sweep),
      database_(sweep.database),
      config_(sweep.config),
      latents_(sweep.latents),
      measures_(sweep.measures),
      placement_(sweep.placement),
      listener_(sweep.listener),
      clock_(sweep.clock),
      identity_{.owner = worker_name(), .lease_seconds = config_.lease_seconds} {}

std::string SweepWorker::called(const RunRow& run) const {
  const auto arch = find_arch(database_, run.proxy_of);
  return "run " + std::to_string(run.run) + (arch ? " (" + arch->name + ")" : "");
}

std::string SweepWorker::shortage_at(int64_t run) const {
  return called(status(run)) + ": there is not enough memory to train it, so its worker ends; the run can be claimed " +
         "again when its lease of " + std::to_string(config_.lease_seconds) +
         " s ends. Free memory, or use fewer workers or a smaller batch";
}

// Queues the run again, at the rung for which it was claimed.
void SweepWorker::give_back(const Lease& lease) {
  finish(database_, lease, lease.rung == 0 ? RunState::queued : RunState::promoted);
}

RunRow SweepWorker::status(int64_t run) const {
  for (const auto& row : runs_of(database_, config_.name))
    if (row.run == run) return row;
  throw StoreError(database_.file() + ": run " + std::to_string(run) + " is not in the sweep " + config_.name);
}

void SweepWorker::beat(const Lease& lease) {
  if (now_seconds() - last_beat_s_ < std::max<int64_t>(1, config_.lease_seconds / 5)) return;
  heartbeat(database_, lease);
  last_beat_s_ = now_seconds();
}

// Whether the run has to begin anew wherever it is trained, or can go on here.
bool SweepWorker::has_checkpoint(const RunRow& run) const {
  std::error_code none;
  return checkpoints_of(database_, run.run).empty() ||
         std::filesystem::exists(files_of(config_, run).checkpoint(), none);
}

// A run whose checkpoint is on another host is left to the workers there.
std::optional<Lease> SweepWorker::claimed() {
  while (const auto lease = claim(database_, config_.name, identity_)) {
    const RunRow run = status(lease->run);
    if (std::exchange(leaves_none_, false) || has_checkpoint(run)) return lease;
    listener_.say(called(run) + " is left to another host: its checkpoint is not in " + files_of(config_, run).folder);
    identity_.leaves.insert(run.run);
    give_back(*lease);
  }
  return std::nullopt;
}

std::optional<Lease> SweepWorker::next() {
  constexpr std::chrono::milliseconds pause(300);
  const auto others_train = [&] {
    return std::ranges::count(runs_of(database_, config_.name), RunState::leased, &RunRow::state) > 0;
  };
  for (;; std::this_thread::sleep_for(pause)) {
    listener_.throw_if_stopped();
    auto lease = claimed();
    if (!lease && enqueue_asked(context_)) lease = claimed();
    if (lease) return lease;
    const bool others = others_train();
    if (!identity_.leaves.empty() && !others) {  // nobody is there who could take them
      leaves_none_ = true;
      identity_.leaves.clear();
      continue;
    }
    if (identity_.leaves.empty() && (asking_of(database_, config_) != Asking::waiting || !others)) return std::nullopt;
  }
}

void SweepWorker::tell_lost(const LeaseLost& error) const {
  listener_.say(std::string(error.what()) + "; another worker has this run now, so this one stops training it");
}

void SweepWorker::unless_lost(const std::function<void()>& write) const {
  try {
    write();
  } catch (const LeaseLost& error) {
    tell_lost(error);
  }
}

bool SweepWorker::work() {
  bool any = false;
  identity_.device = record_device(database_, device_kind(placement_.device));
  identity_.env = record_env(database_);
  while (const auto lease = next()) {
    any = true;
    last_beat_s_ = 0;
    try {
      train(*lease, status(lease->run));
    } catch (const LeaseLost& error) {
      tell_lost(error);
    } catch (const Interrupted&) {
      unless_lost([&] { give_back(*lease); });
      throw;
    } catch (const StoreError&) {
      throw;  // the store has failed: nothing can be recorded
    } catch (const WriteError&) {
      throw;
    } catch (const std::exception& error) {
      if (is_shortage(error)) throw MemoryError(shortage_at(lease->run));
      const std::string words = failure_in_words(error, "mdsearch sweep");
      listener_.say(called(status(lease->run)) + " failed: " + words);
      unless_lost([&] { finish(database_, *lease, RunState::failed, words); });
    }
    judge_arrived(context_);
  }
  return any;
}

// A damaged checkpoint is worth as much as none: the run is trained again from the start, to the same bytes.
void SweepWorker::go_on_from(CheckpointFile& checkpoint, Loop& loop, const RunRow& run) const {
  const auto tell = [&](const std::exception& error) {
    listener_.say(called(run) + " goes back to the start: " + error.what());
  };
  try {
    checkpoint.check();
    loop.resume(checkpoint.file(), identity_of(run));
  } catch (const FileError& error) {
    return tell(error);
  } catch (const ConfigError& error) {  // of another run, which no sound file in this folder is
    return tell(error);
  }
  listener_.say_if_any(checkpoint.adopt());
}

// Trains to the rung that is due and stores the row of its checkpoint.
void SweepWorker::train_to(int64_t end, Loop& loop, const Claim& claim) {
  const auto progress = listener_.progress(called(claim.run), end, loop.iteration());
  const bool ended = train_segment(loop, &claim.recorder,
                                   {.end = end,
                                    .checkpoint_every = config_.checkpoint_every,
                                    .listener = listener_,
                                    .clock = clock_,
                                    .stepped = [&, start = loop.iteration()](const StepReport& step) {
                                      beat(claim.lease);
                                      const int64_t before = step.iteration - 1;
                                      if (before > start && before % config_.checkpoint_every == 0)  // one is saved
                                        note_progress(database_, claim.lease);
                                      progress->show(step.iteration, "loss " + std::to_string(step.loss).substr(0, 6),
                                                     config_.checkpoint_every);
                                    }});
  const auto storing = clock_.in("store");
  claim.recorder.wait();
  if (!ended) throw Interrupted();
  claim.recorder.store_checkpoint(end);
}

void SweepWorker::train(const Lease& lease, const RunRow& run) {
  const UNetSpec proxy = std::get<UNetSpec>(network_of(find_arch(database_, run.arch).value()));
  const RunFiles files = files_of(config_, run);
  make_folder(files.folder);
  make_room(context_, run);
  const int64_t end = config_.rungs.at(size_t(lease.rung));
  LoopConfig loop = config_.loop(uint64_t(run.seed));
  loop.placement = placement_;
  CheckpointFile checkpoint(files.checkpoint());
  const auto training = timed(clock_, "build", [&] {
    auto made = std::make_unique<ProxyTraining>(proxy, config_, latents_, loop);
    go_on_from(checkpoint, made->loop, run);
    if (made->loop.iteration() > end)  // trained further by a sweep in another database
      made = std::make_unique<ProxyTraining>(proxy, config_, latents_, loop);
    return made;
  });
  listener_.say_if_any(
      missing_curve(database_, run.run, checkpoint.file(), last_stored(config_, training->loop.iteration())));
  LastLoss curve;
  Recorder recorder({.database = database_,
                     .lease = lease,
                     .checkpoint = checkpoint,
                     .identity = identity_of(run),
                     .batch = config_.batch,
                     .checkpoints = Checkpoints::chosen},
                    curve);
  const Claim claim{lease, run, recorder};
  train_to(end, training->loop, claim);

  const auto averaged = timed(clock_, "build", [&] {
    auto network = make_network(make_plan(proxy), placement_);
    load_weights(*network, training->loop.ema(), "moving average");
    network->prepare(placement_.kernels);
    return network;
  });
  evaluate(claim, *averaged);
  finish(database_, lease, end == config_.rungs.back() ? RunState::done : RunState::paused);
}

// What decisions need besides the scores, and the scores.
std::pair<std::vector<EvaluationSampleRow>, std::vector<Score>> SweepWorker::scored(const Drawn& drawn) const {
  const TensorMap observed = measures_.scores.observed(drawn);
  std::vector<Score> scores = measures_.evaluator.scores(drawn);
  for (auto& score : measures_.scores.added(observed)) scores.push_back(std::move(score));
  return {measures_.scores.samples(observed, config_.policy), std::move(scores)};
}

void SweepWorker::evaluate(const Claim& claim, const Network& unet) {
  const auto& [lease, run, recorder] = claim;
  const int64_t iteration = config_.rungs.at(size_t(lease.rung));
  const Drawn drawn = measures_.evaluator.draw(
      unet, diffusion_of(config_.stage),
      [&] {
        beat(lease);
        listener_.throw_if_stopped();
      },
      &clock_);
  auto [samples, scores] = timed(clock_, "score", [&] { return scored(drawn); });
  const auto storing = clock_.in("store");
  database_.transaction([&] {
    recorder.store_scores(scores, {.iteration = iteration, .seed = config_.evaluation.seed});
    for (auto& sample : samples) {
      sample.iteration = iteration;
      add_evaluation_sample(database_, lease, sample);
    }
  });
  std::string line;
  for (const auto& score : scores) {
    char value[32];
    std::snprintf(value, sizeof value, "%.4g", score.value);
    line += "  " + score.name + " " + value;
  }
  record_pictures(database_, lease, iteration, drawn);
  listener_.say(called(run) + " has at iteration " + std::to_string(iteration) + ":" + line);
}

}  // namespace mds
