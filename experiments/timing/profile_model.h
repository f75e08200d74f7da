// The work of a model folder for one picture, timed by part and as a whole, as in Table 5 of the MobileDiffusion paper:
// encoding the prompt, a step of the UNet, the decoder, and everything from text to pixels. All parts are loaded before
// the clock starts, as in a program that draws repeatedly; guidance's empty text is encoded only once, before.
#pragma once

#include <string>

#include "experiments/evaluation/drawing.h"
#include "experiments/timing/profile.h"
#include "experiments/timing/profiling.h"
#include "reports/table.h"

namespace mds {

inline constexpr const char *text_path = "text", *unet_step_path = "unet step", *decoder_path = "decoder";

struct ModelProfile {
  const ModelRun& run;
  ProfileOptions options;  // with a batch of 1
  std::vector<RawProfile> processes;
};

// The timed parts, the whole among them under `whole_path`, in this process. `options` have a batch of 1.
RawProfile time_model(const ModelRun& run, const ProfileOptions& options, Listener& listener);

// Stores the timings under the model's hash.
void record_model_profile(Database& database, const ModelProfile& profile);

std::string model_profile_text(const ModelProfile& profile, Format format);

}  // namespace mds
