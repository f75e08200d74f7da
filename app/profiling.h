// What becomes of raw samples: pooled over processes, summed over a plan, stored with all that they depend on. A block
// that the store has samples of, by this very build, is not timed again.
#pragma once

#include <string>
#include <vector>

#include "app/recording.h"
#include "app/step_timing.h"

namespace mds {

// Samples of several processes for one path, block after block; empty where none were taken.
SampleBlocks samples_of(const std::vector<RawProfile>& processes, const std::string& path);
// The worst of the processes' marks.
TimingMark worst_mark(const std::vector<RawProfile>& processes, const std::string& path);

// Each step's median in nanoseconds; steps of equal work share one.
std::vector<double> step_medians(const Plan& plan, const std::vector<RawProfile>& processes);

// Stores architecture, device, environment and samples; with whole and blocks also the residual: what of the whole's
// median the steps' medians leave unexplained.
void record_profile(Store& store, const NamedNetwork& network, const ProfileOptions& options,
                    const std::vector<RawProfile>& processes);

// Times what the store has no samples of by this build on this device, dtype, threads and batch, and stores it.
void profile_into(Store& store, const std::string& name, const UNetSpec& spec, const ProfileOptions& options);

}  // namespace mds
