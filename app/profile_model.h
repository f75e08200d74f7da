// What a model folder does for one picture, timed part by part and whole, as in Table 5 of the MobileDiffusion paper:
// the prompt's text, a step of the UNet, the decoder, and all from words to pixels. Every part is in memory before the
// clock starts, as in a program that draws again and again; the empty text of guidance is encoded once, before.
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
  GivenFields sampler{};     // in place of the model's own
  ProfileOptions options{};  // of a batch of 1
  int64_t processes = 1;
  bool raw = false;
  Format format = Format::table;
};

// Measures, stores under the model's hash and prints; with `raw` prints this process's samples as JSON alone.
void profile_model(const ModelProfile& profile);

}  // namespace mds
