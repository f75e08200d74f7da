// What a run stores in the results database while it trains, in a training as in a sweep: the rows of its learning
// curve, the hashes of its checkpoints, its scores.
//
// The rows of a curve come before their checkpoint, and are flushed as it is: a process that is killed in between
// repeats the iterations and keeps the first rows, while rows that come after their checkpoint would be lost, as no
// later process adds them.
#pragma once

#include "experiments/training/curve.h"
#include "metrics/score.h"
#include "search/store/store.h"
#include "trainer/checkpoint_file.h"

namespace mds {

std::string device_kind(at::Device device);  // for record_device

// The row of the file that is in place.
CheckpointRow row_of(const CheckpointFile& checkpoint, int64_t iteration);

// A warning where the database holds no loss of the iteration of a checkpoint that is gone on from, else "": the
// checkpoint was made for another database, or rows were lost.
std::string missing_curve(const Database& database, int64_t run, const std::string& checkpoint, int64_t iteration);

// Which checkpoints get a row: each, by the next call that stores anything, and scores name the last; or those that the
// caller stores.
enum class Checkpoints : uint8_t { each, chosen };

// What scores depend on besides the run.
struct ScoreOrigin {
  int64_t iteration = 0;
  uint64_t seed = 0;
  Json protocol{};  // null: that of the run
};

class Recorder {
 public:
  struct Run {
    Database& database;
    Lease lease;
    CheckpointFile& checkpoint;
    std::string identity;  // of what determines the run, which its checkpoints hold
    int64_t batch;
    Checkpoints checkpoints = Checkpoints::each;
  };
  // What both refer to outlives the recorder.
  Recorder(Run run, TrainingCurve& curve) : run_(std::move(run)), curve_(curve) {}

  int64_t run() const { return run_.lease.run; }

  void add(const StepReport& report) { curve_.add(report); }
  // Stores the curve and saves a checkpoint; WriteError, StoreError. `interrupted`: none is due at this iteration.
  void save(const Loop& loop, bool interrupted);
  void wait();  // until the last checkpoint is in place; WriteError where it could not be put there
  void store_checkpoint(int64_t iteration);
  void store_checkpoint(const CheckpointRow& row);
  // std::runtime_error for a score that is not finite; then none is stored.
  void store_scores(const std::vector<Score>& scores, const ScoreOrigin& origin);
  void end(RunState state, const std::string& message = "");

 private:
  void store_saved();

  Run run_;
  TrainingCurve& curve_;
  std::string last_checkpoint_{};  // SHA-256 of the last one stored, with Checkpoints::each
};

}  // namespace mds
