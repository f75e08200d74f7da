// What a training stores in the results database: its run; at each checkpoint the learning curve since the last one and
// the file's hash; at the end the held-out scores. A run is identified by what determines it, so a continued training
// adds to its existing run.
#pragma once

#include "metrics/score.h"
#include "networks/network_spec.h"
#include "search/store/store.h"
#include "trainer/checkpoint_file.h"

namespace mds {

struct Training {
  std::string name;     // of the configuration
  NetworkSpec network;  // the trained one; of several, the one that draws or reads pictures
  std::string identity;
  LoopConfig loop;
  CheckpointFile& checkpoint;  // outlives the record
  std::string device;          // kind for record_device
  int64_t resumed = 0;         // iteration of the checkpoint that is continued; 0: none
};

std::string device_kind();  // of compute_device(), for record_device

// The row of the file that is in place.
CheckpointRow row_of(const CheckpointFile& checkpoint, int64_t iteration);

// A warning where the database holds no loss of the iteration of a checkpoint that is gone on from, else "". A loss is
// stored, durably, before its checkpoint; without it, the checkpoint was made for another database, or rows were lost.
std::string missing_curve(const Database& database, int64_t run, const std::string& checkpoint, int64_t iteration);

class TrainRecord {
 public:
  // Takes over the run from its last process, as the caller holds the lock of the output folder. FileError where the
  // checkpoint does not have the hash that was stored for it.
  TrainRecord(Database& database, const Training& training);

  int64_t run() const { return lease_.run; }

  void add(const StepReport& report);
  // Stores means over the reports since the last call. It comes before the checkpoint: if killed in between, the
  // iterations are repeated and the first rows are kept. The row of a checkpoint is stored by the next call that stores
  // anything; if killed before that, continuing from the file stores it.
  void store_curve(int64_t iteration);
  // `protocol` is what the scores depend on besides the run.
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
  void store_saved();
  void check_resumed(int64_t run, const CheckpointRow& row) const;

  Database& database_;
  Training training_;
  Lease lease_;
  Mean loss_, gradient_norm_, adversary_loss_, seconds_;
  double warm_up_s_ = 0;           // of the first iteration in this process, which is too slow to count
  std::string last_checkpoint_{};  // SHA-256
};

}  // namespace mds
