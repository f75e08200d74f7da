// mdsearch profile --model: the parts of a model folder's work for one picture.
#pragma once

#include "app/size_options.h"
#include "experiments/timing/step_timing.h"
#include "reports/table.h"

namespace mds {

struct ModelProfileRequest {
  std::string folder, database;
  SizeOptions size{};
  GivenFields sampler{};     // override the model's own
  ProfileOptions options{};  // with a batch of 1
  int64_t processes = 1;
  bool raw = false;
  Format format = Format::table;
};

// Measures, stores under the model's hash, and prints; with `raw` it only prints this process's samples as JSON.
// ConfigError in a core build, which cannot draw.
void profile_model(const ModelProfileRequest& request);

}  // namespace mds
