// A training as its caller asks for it: one stage from its config to a model folder, with a checkpoint to go on from.
#pragma once

#include <string>
#include <vector>

#include "experiments/listener.h"
#include "trainer/config.h"

namespace mds {

struct TrainRequest {
  std::string file;                     // the configuration
  std::vector<std::string> settings{};  // "key=value", override the configuration's
  std::string out{};                    // folder to write; empty: out/train/NAME
  std::string db = "out/results.db";
  std::string command{};  // that makes the model again, for its card
  Placement placement{};
  RanksPtr ranks{};      // the processes that train together
  bool profile = false;  // tells where the time went; on a GPU, the clocks wait for it
};

// The configuration as written, which is the training's identity, and with all paths resolved.
struct LoadedTraining {
  std::string file;
  TrainConfig written, config;
};
LoadedTraining load_training(const TrainRequest& request);

struct TrainResult {
  std::string folder;  // what was written is in it: the model in FOLDER/model
  bool ended = false;  // else the listener stopped it, and the same request goes on from the checkpoint
};
TrainResult train(const TrainRequest& request, Listener& listener);

}  // namespace mds
