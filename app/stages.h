// From a stage's config to a stage with its data, and from trained weights to a model folder with held-out scores.
#pragma once

#include <memory>
#include <string>

#include "trainer/config.h"

namespace mds {

class StageRun {
 public:
  virtual ~StageRun() = default;
  virtual Stage& stage() = 0;
  virtual std::string data_hash() const = 0;
  // Pictures by these weights as one file, for the stages that draw; a core build writes none.
  virtual void sample(const TensorMap&, const std::string& /*file*/) const {}
  // Writes the model folder; its card gets the held-out scores.
  virtual void finish(const TensorMap& weights, const std::string& folder, Provenance provenance) = 0;
};

std::unique_ptr<StageRun> open_stage(const TrainConfig& config);

}  // namespace mds
