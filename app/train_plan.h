// mdsearch train --plan: what a training will cost, computed from its configuration alone.
#pragma once

#include <string>

#include "app/options.h"
#include "reports/table.h"
#include "trainer/config.h"
#include "trainer/train_plan.h"

namespace mds {

struct PlanRequest {
  int64_t devices = 1;
  DeviceSpeed speed;
  std::string database{};  // where stored names are looked up
  Format format = Format::table;
};

void add_plan_options(po::options_description& options, PlanRequest& request);
// Whether --plan was given; UsageError for its flags without it, and for values out of range.
bool is_plan(const po::variables_map& values, const PlanRequest& request);

// The networks of the stage have the sizes given by the configuration and by model folders. ConfigError where the stage
// trains no UNet, FileError where its network is in a model folder that does not exist.
std::string plan_text(const TrainConfig& config, const PlanRequest& request);

}  // namespace mds
