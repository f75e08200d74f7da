// A worker of a sweep: claims a run, trains its proxy up to the rung that is due, scores it and returns the lease.
#pragma once

#include <functional>

#include "experiments/sweep/scores.h"
#include "experiments/training/recorder.h"

namespace mds {

class SweepWorker {
 public:
  // What the context refers to outlives the worker. Nothing is written before work().
  explicit SweepWorker(const SweepContext& sweep);

  // Works until no run can be claimed; returns true if it did anything. A candidate that fails is recorded with its
  // message. Want of memory (MemoryError) or disk (WriteError) is not the candidate's fault: the worker ends, and the
  // run can be claimed again when its lease ends. Where the listener stops it, it saves a checkpoint, makes the run
  // claimable and throws Interrupted.
  bool work();

 private:
  struct Claim {
    const Lease& lease;
    const RunRow& run;
    Recorder& recorder;
  };
  // A run to train, one that the strategy asks for now if there is no other; waits where other workers train what the
  // strategy has to know first. None where nothing can be claimed.
  std::optional<Lease> next();
  std::optional<Lease> claimed();
  bool has_checkpoint(const RunRow& run) const;
  void train(const Lease& lease, const RunRow& run);
  void go_on_from(CheckpointFile& checkpoint, Loop& loop, const RunRow& run) const;
  void train_to(int64_t end, Loop& loop, const Claim& claim);
  std::pair<std::vector<EvaluationSampleRow>, std::vector<Score>> scored(const Drawn& drawn) const;
  void evaluate(const Claim& claim, const Network& unet);
  void beat(const Lease& lease);
  void give_back(const Lease& lease);
  void tell_lost(const LeaseLost& error) const;
  void unless_lost(const std::function<void()>& write) const;  // tells of a lost lease instead
  RunRow status(int64_t run) const;
  std::string called(const RunRow& run) const;
  std::string shortage_at(int64_t run) const;

  SweepContext context_;
  Database& database_;
  const SweepConfig& config_;
  const LatentSource& latents_;
  const SweepMeasures& measures_;
  Placement placement_;
  Listener& listener_;
  PhaseClock& clock_;
  Worker identity_;
  int64_t last_beat_s_ = 0;
  bool leaves_none_ = false;  // takes the next run that no other host goes on with, from the start
};

}  // namespace mds
