// From a stage's config to the stage with its data, and from trained weights to a model folder with held-out scores.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "experiments/listener.h"
#include "search/named_network.h"
#include "trainer/config.h"

namespace mds {

class StageRun {
 public:
  virtual ~StageRun() = default;
  virtual Stage& stage() = 0;
  virtual std::string data_hash() const = 0;
  // The model_hash of each model folder that the stage starts or learns from, by the field that names the folder.
  virtual std::map<std::string, std::string> predecessors() const { return {}; }
  // Writes pictures drawn with these weights to one file, for stages that draw; a core build writes none.
  virtual void sample(const TensorMap&, const std::string& /*file*/) const {}
  virtual NetworkSpec network() const = 0;  // the trained one; of several, the one that draws or reads pictures
  // Writes the model folder, stores the held-out scores in its card and returns them.
  virtual std::vector<Score> finish(const TensorMap& weights, const std::string& folder, Provenance provenance) = 0;
};

// Opens the stage of a config. Networks are found by name, stored ones in the database. The listener outlives the
// stage.
std::unique_ptr<StageRun> open_stage(const TrainConfig& config, const std::string& database, Listener& listener);

// The same for one that adds to a model: its folder holds what was added, and no UNet. ConfigError for an evaluation or
// samples, which need a control for each picture.
std::unique_ptr<StageRun> open_tune_stage(const TrainConfig& config, const TuneConfig& stage, Listener& listener);

}  // namespace mds
