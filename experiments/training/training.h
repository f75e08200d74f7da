// One training from its first iteration, or from its checkpoint, to its model folder, with everything that it writes:
// checkpoints, rows in the results database, pictures of the same captions, a series of models.
#pragma once

#include "experiments/training/record.h"
#include "experiments/training/stages.h"

namespace mds {

struct TrainingRun {
  StageRun& stage;
  const TrainConfig& config;
  Json written;  // the configuration with paths as in the file
  CheckpointFile& checkpoint;
  Recorder& recorder;
  std::string folder, identity, command;
  Listener& listener;
  PhaseClock& clock;
  bool profile = false;  // tells at the end where the time went, and not only that of an iteration
};

std::string checkpoint_in(const std::string& folder);

// Trains to the end, or until the listener stops it, which saves a checkpoint and returns false. A failure also ends
// the run in the database; the std::runtime_error says which checkpoint there is.
bool run_training(Loop& loop, const TrainingRun& run);

}  // namespace mds
