// What a sweep will train, how long it will take and what it will write, if no candidate is
// stopped.
#pragma once

#include "experiments/listener.h"
#include "experiments/sweep/config.h"
#include "reports/table.h"

namespace mds {

// Times a few iterations of the cheapest and the most expensive proxy on latents of noise, so that no data set is
// needed. Writes nothing. ConfigError as for the sweep.
std::string plan_text(const SweepConfig& config, const Placement& placement, Format format, Listener& listener);

}  // namespace mds
