// From a stage's config to a stage with its data, and from trained weights to a model folder with held-out scores.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "search/named_network.h"
#include "trainer/config.h"

namespace mds {

class StageRun {
 public:
  virtual ~StageRun() = default;
  virtual Stage& stage() = 0;
  virtual std::string data_hash() const = 0;
  // The model_hash of each model folder that it goes on from or learns from, by the stage's field that names it.
  virtual std::map<std::string, std::string> predecessors() const { return {}; }
  // Pictures by these weights as one file, for the stages that draw; a core build writes none.
  virtual void sample(const TensorMap&, const std::string& /*file*/) const {}
  virtual NetworkSpec network() const = 0;  // that is trained; of several the one that draws or looks
  // Writes the model folder; its card gets the held-out scores, which are returned.
  virtual std::vector<Score> finish(const TensorMap& weights, const std::string& folder, Provenance provenance) = 0;
};

// Networks are found by name, stored ones in the database.
std::unique_ptr<StageRun> open_stage(const TrainConfig& config, const std::string& database = default_database);

}  // namespace mds
