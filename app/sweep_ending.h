// The end of a sweep: determines the winner, and writes it to the folder best/.
#pragma once

#include <string>

#include "app/sweep_config.h"
#include "reports/table.h"
#include "search/store/store.h"

namespace mds {

// Writes FOLDER/samples.png, pictures that the winner draws for the evaluation's captions, and FOLDER/best with
// spec.json (the full-scale network), proxy/ (the trained model folder) and report.html; each of them is replaced
// completely or not at all. Returns a text in the given format that names the winner. `command` makes the network
// again. std::runtime_error where every candidate failed or stopped.
std::string end_sweep(const Store& store, const SweepConfig& config, const LatentSet& latents,
                      const std::string& command, Format format);

}  // namespace mds
