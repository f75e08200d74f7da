// How long an iteration of a proxy takes on this machine, timed on latents of noise, so that no data set is needed.
#pragma once

#include "experiments/sweep/config.h"

namespace mds {

inline constexpr int64_t timed_iterations = 3;

// Seconds. The passes of an iteration are alike, so that one of them is timed.
double iteration_seconds(const UNetSpec& proxy, const SweepConfig& config, const Placement& placement);

}  // namespace mds
