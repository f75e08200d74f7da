// mdsearch train --plan: what a training will cost, from its configuration alone.
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
  std::string database{};  // that stored names are looked up in
  Format format = Format::table;
};

void add_plan_options(po::options_description& options, PlanRequest& request);
// Whether --plan was given; UsageError for its flags without it, or for values out of their range.
bool is_plan(const po::variables_map& values, const PlanRequest& request);

// The stage's networks are sized as configuration and model folders tell. ConfigError where the stage trains no UNet,
// FileError where its network is in a model folder that is not there.
std::string plan_text(const TrainConfig& config, const PlanRequest& request);

}  // namespace mds
