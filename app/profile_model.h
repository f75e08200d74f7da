// The work of a model folder for one picture, timed by part and as a whole, as in Table 5 of the MobileDiffusion paper:
// encoding the prompt, a step of the UNet, the decoder, and everything from text to pixels. All parts are loaded before
// the clock starts, as in a program that draws repeatedly; guidance's empty text is encoded only once, before.
#pragma once

#include <string>

#include "app/options.h"
#include "app/profiling.h"
#include "app/size_options.h"
#include "reports/table.h"

namespace mds {

struct ModelProfile {
  std::string folder, database;
  SizeOptions size{};
  GivenFields sampler{};     // override the model's own
  ProfileOptions options{};  // with a batch of 1
  int64_t processes = 1;
  bool raw = false;
  Format format = Format::table;
};

// Measures, stores under the model's hash, and prints; with `raw` it only prints this process's samples as JSON.
void profile_model(const ModelProfile& profile);

}  // namespace mds
