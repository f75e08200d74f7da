// The best proxy of a sweep as a model folder, and a picture of what it draws.
#pragma once

#include "app/sweep_config.h"
#include "search/store/store.h"

namespace mds {

// Writes FOLDER/best, the finished run with the lowest fd_emoji_clip, and FOLDER/samples.png of its evaluation's
// captions. Returns false where no run finished. `command` is what makes the network again.
bool save_best(const Store& store, const SweepConfig& config, const LatentSet& latents, const std::string& command);

}  // namespace mds
