// mdsearch train --plan: what a training will cost, from its configuration alone.
#pragma once

#include <string>

#include "app/options.h"
#include "trainer/config.h"
#include "trainer/train_plan.h"

namespace mds {

struct PlanRequest {
  int64_t devices = 1;
  DeviceSpeed speed;
  std::string format = "table";
};

void add_plan_options(po::options_description& options, PlanRequest& request);
// Whether --plan was given; UsageError for its flags without it, or for values out of their range.
bool is_plan(const po::variables_map& values, const PlanRequest& request);

// The networks that the stage runs, as far as configuration and model folders tell; `notes` gets where their sizes come
// from. ConfigError where the stage trains no UNet, FileError where its network is in a model folder that is not there.
PlannedTraining planned(const TrainConfig& config, std::vector<std::string>& notes);

std::string plan_text(const TrainConfig& config, const PlanRequest& request);

}  // namespace mds
