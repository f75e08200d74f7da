// A worker of a sweep: claims a run, trains its proxy to the rung it is due, scores it, and gives the lease back.
#pragma once

#include "app/sweep_scores.h"
#include "search/store/store.h"

namespace mds {

class SweepWorker {
 public:
  // All three must outlive the worker.
  SweepWorker(Store& store, const SweepConfig& config, const LatentSet& latents);

  // Works until nothing can be claimed; true when it did anything. A candidate that fails is recorded with its message.
  bool work();
  const SweepMeasures& measures() const { return measures_; }

 private:
  void train(const Lease& lease, const RunStatus& run);
  void train_to(int64_t end, Loop& loop, const Lease& lease, const RunStatus& run);
  void evaluate(const Lease& lease, const RunStatus& run, const Network& unet);
  void beat(const Lease& lease);
  RunStatus status(int64_t run) const;

  Store& store_;
  const SweepConfig& config_;
  const LatentSet& latents_;
  SweepMeasures measures_;
  Worker identity_;
  int64_t last_beat_s_ = 0;
};

}  // namespace mds
