// What a training leaves in the results database: its run, and at each checkpoint the learning curve since the one
// before and the file's hash; at the end the held-out scores. A run is named by what it follows from, so a training
// that goes on adds to the run it had.
#pragma once

#include <future>

#include "metrics/score.h"
#include "networks/network_spec.h"
#include "search/store/store.h"
#include "trainer/loop.h"

namespace mds {

struct Training {
  std::string name;     // of the configuration
  NetworkSpec network;  // that is trained; of several the one that draws or looks
  std::string identity;
  LoopConfig loop;
  std::string device = "cpu";
  std::string checkpoint{};  // file
  int64_t resumed = 0;       // iteration of the checkpoint that the training goes on from; 0: none
};

class TrainRecord {
 public:
  // Takes the run over from whoever had it: the caller holds the output folder's lock. FileError where the checkpoint
  // has other bytes than were stored of it.
  TrainRecord(Store& store, const Training& training);

  void add(const StepReport& report);
  // Means over the reports since the last call. First this, then the checkpoint: a kill between them repeats the
  // iterations, and the rows are kept as they are.
  void store_curve(int64_t iteration);
  // To hash a large file takes seconds, in which training goes on: the row comes with the next call that stores, and
  // the file must stay until then. After a kill before that it comes when the training goes on from the file.
  void begin_checkpoint(int64_t iteration);
  // `protocol` is what the scores depend on beside the run.
  void store_scores(const std::vector<Score>& scores, const Json& protocol, uint64_t seed);
  void end(RunState state, const std::string& message = "");

 private:
  struct Mean {
    double sum = 0;
    int64_t n = 0;
    void add(double value) { sum += value, ++n; }
    double value() const { return sum / double(n); }
  };
  void store(int64_t iteration, const std::string& name, const Mean& mean);
  void store_checkpoint(const CheckpointRow& row);
  void store_hashed();
  void check_resumed(int64_t run, const CheckpointRow& row) const;

  Store& store_;
  Training training_;
  Lease lease_;
  std::future<CheckpointRow> hashed_;
  Mean loss_, gradient_norm_, adversary_loss_, seconds_;
  double warm_up_s_ = 0;           // of the process's first iteration, which says little of the rate
  std::string last_checkpoint_{};  // SHA-256
};

}  // namespace mds
