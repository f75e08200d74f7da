// Timing in fresh processes of this program, each with its own weights and order.
#pragma once

#include "experiments/timing/block_profile.h"
#include "experiments/timing/profile.h"

namespace mds {

// Each runs `mdsearch profile` with these options and this process's number of threads.
MeasureNetwork networks_apart(const std::string& database, const ProfileOptions& options, Extent pixels = {});
MeasureApart network_apart(const ProfileRequest& request);
MeasureApart model_apart(const ProfileRequest& request);
MeasureBlocks blocks_apart(const ProfileOptions& options);

}  // namespace mds
