// The latencies of a sweep's candidates: each block at its site is timed once and looked up from then on.
#pragma once

#include "experiments/sweep/scores.h"

namespace mds {

// Times what of the queued candidates' full-scale blocks the store has no samples of for this build and device.
void time_candidates(const SweepContext& sweep);

}  // namespace mds
