// A worker of a sweep: claims a run, trains its proxy to the rung it is due, scores it, and gives the lease back.
#pragma once

#include "app/sweep_scores.h"
#include "search/store/store.h"

namespace mds {

class SweepWorker {
 public:
  // All must outlive the worker. Nothing is written before it works.
  SweepWorker(Store& store, const SweepConfig& config, const LatentSet& latents, const SweepMeasures& measures);

  // Works until nothing can be claimed; true when it did anything. A candidate that fails is recorded with its message.
  // An interrupt leaves a checkpoint and a run that anyone may claim, and throws Interrupted.
  bool work();

 private:
  void train(const Lease& lease, const RunStatus& run);
  void train_to(int64_t end, Loop& loop, const Lease& lease, const RunStatus& run);
  void evaluate(const Lease& lease, const RunStatus& run, const Network& unet);
  void beat(const Lease& lease);
  void give_back(const Lease& lease);
  RunStatus status(int64_t run) const;
  std::string called(const RunStatus& run) const;

  Store& store_;
  const SweepConfig& config_;
  const LatentSet& latents_;
  const SweepMeasures& measures_;
  Worker identity_;
  int64_t last_beat_s_ = 0;
};

}  // namespace mds
