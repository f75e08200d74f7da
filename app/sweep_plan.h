// mdsearch sweep --plan: what a sweep will train, how long that takes and what it leaves on disk, if no candidate
// stops.
#pragma once

#include "app/sweep_config.h"
#include "reports/table.h"

namespace mds {

// Times a few iterations of the cheapest and of the dearest proxy, on latents of noise: no data set is needed and
// nothing is written. ConfigError as for the sweep.
std::string plan_text(const SweepConfig& config, Format format);

}  // namespace mds
