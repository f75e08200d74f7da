// What a training will cost, computed from its configuration alone.
#pragma once

#include <string>

#include "reports/table.h"
#include "trainer/config.h"
#include "trainer/train_plan.h"

namespace mds {

struct PlanRequest {
  int64_t devices = 1;
  DeviceSpeed speed;
  Interconnect interconnect{};
  std::string database{};  // where stored names are looked up
};

// The networks of the stage have the sizes given by the configuration and by model folders. ConfigError where the stage
// trains no UNet, FileError where its network is in a model folder that does not exist.
std::string plan_text(const TrainConfig& config, const PlanRequest& request, Format format);

}  // namespace mds
