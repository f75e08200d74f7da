// Room on the disk for the checkpoints of a sweep.
#pragma once

#include "experiments/sweep/scores.h"

namespace mds {

// Of the state of a network in training: weights, their average, two moments.
constexpr int64_t state_bytes(int64_t params) { return 4 * int64_t(sizeof(float)) * params; }

// Makes room for the checkpoints of a run that is about to train, where the disk or the sweep's share of it is short:
// drops those of runs that rest, first of the stopped, then of the paused at the lowest rung, the worst mean rank
// first. A dropped run that is promoted later is trained from the start, to the same bytes.
void make_room(const SweepContext& sweep, const RunRow& run);

}  // namespace mds
