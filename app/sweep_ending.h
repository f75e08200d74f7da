// The end of a sweep: which candidate won, and the folder best/ with what it is.
#pragma once

#include <string>

#include "app/sweep_config.h"
#include "reports/table.h"
#include "search/store/store.h"

namespace mds {

// Writes FOLDER/samples.png, pictures of the evaluation's captions by the winner, and FOLDER/best with spec.json (the
// full-scale network), proxy/ (the trained model folder) and report.html; each appears whole or stays as it was.
// Returns what names the winner, as text of that format. `command` is what makes the network again. A
// std::runtime_error where every candidate failed or stopped.
std::string end_sweep(const Store& store, const SweepConfig& config, const LatentSet& latents,
                      const std::string& command, Format format);

}  // namespace mds
