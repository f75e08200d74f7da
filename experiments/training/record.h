// The run of a training in the results database. A run is identified by what determines it, so a continued training
// adds to its existing run.
#pragma once

#include "experiments/training/recorder.h"
#include "networks/network_spec.h"

namespace mds {

struct Training {
  std::string name;     // of the configuration
  NetworkSpec network;  // the trained one; of several, the one that draws or reads pictures
  std::string identity;
  LoopConfig loop;
  CheckpointFile& checkpoint;  // outlives the recorder
  std::string device;          // kind for record_device
  int64_t resumed = 0;         // iteration of the checkpoint that is continued; 0: none
};

// Takes over the run from its last process, as the caller holds the lock of the output folder. FileError where the
// checkpoint does not have the hash that was stored for it. The database and the curve outlive the recorder.
Recorder open_record(Database& database, const Training& training, TrainingCurve& curve);

}  // namespace mds
