// One training from its first iteration, or from its checkpoint, to its model folder, with what it leaves on the way:
// checkpoints, rows in the results database, pictures of the same captions, a series of models.
#pragma once

#include "app/stages.h"
#include "app/train_record.h"

namespace mds {

struct TrainingRun {
  StageRun& stage;
  const TrainConfig& config;
  Json written;  // the configuration with its paths as they were given
  TrainRecord& record;
  std::string folder, identity, command;
};

std::string checkpoint_in(const std::string& folder);

// Trains to the end, or to an interrupt (SIGINT, SIGTERM), which leaves a checkpoint and returns false. A failure ends
// the run in the database too; its message, a std::runtime_error's, says what checkpoint there is to go on from.
bool run_training(Loop& loop, const TrainingRun& run);

}  // namespace mds
