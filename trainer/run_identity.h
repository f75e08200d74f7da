// Everything that determines a training run, as JSON that its checkpoints carry: {"config": ..., "data": hash of what
// it trains on, "predecessors": {field of the stage: hash of the model folder}}, or whatever else distinguishes runs.
// Old checkpoints have no predecessors; they are accepted without.
#pragma once

#include <string>

namespace mds {

// The differences between the identity in a checkpoint and that of the run, for users: values by dotted key. Empty
// where both are equal.
std::string identity_difference(const std::string& checkpoints, const std::string& own);

}  // namespace mds
