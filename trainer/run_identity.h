// What a training run follows from, as JSON that its checkpoints carry: {"config": ..., "data": hash of what it trains
// on, "predecessors": {field of the stage: hash of the model folder}}, or whatever else tells runs apart. Checkpoints
// of before predecessors were part of it lack them and are taken without.
#pragma once

#include <string>

namespace mds {

// For people: what a checkpoint's identity says and the run's own does not, each value by its dotted key; empty where
// both are the same.
std::string identity_difference(const std::string& checkpoints, const std::string& own);

}  // namespace mds
