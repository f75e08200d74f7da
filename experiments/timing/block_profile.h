// Blocks timed alone: those that the store lacks are timed a few at a time, against each other, and stored as the
// blocks of networks are, so that a sweep over networks that have them does not time them again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "experiments/listener.h"
#include "experiments/timing/profiling.h"
#include "reports/table.h"

namespace mds {

struct BlockProfileRequest {
  std::vector<PlanStep> blocks{};
  std::string database{};
  ProfileOptions options{.mode = TimingMode::screening};
  int64_t processes = 1;
  bool roof = true;  // measures beside the blocks what the machine reaches at best
};

// Measures the blocks, given as the text of a --block, in a process of its own, the i-th of several.
using MeasureBlocks = std::function<RawProfile(const std::string& blocks, int64_t i)>;

// The samples of this process alone; nothing is stored.
RawProfile time_blocks(const BlockProfileRequest& request, Listener& listener);

// Times what the store has of fewer processes by this build, mode, device, type, threads, batch and kernels; of one
// process, this one measures. What was stored stays where the work is stopped. Returns the table of all the blocks.
std::string profile_blocks(const BlockProfileRequest& request, const MeasureBlocks& apart, Format format,
                           Listener& listener);

}  // namespace mds
