// What becomes of raw samples: pooled over processes, summed over a plan, stored with all that they depend on. A block
// that the store has samples of, by this very build, is not timed again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/recording.h"
#include "app/step_timing.h"

namespace mds {

// Samples of several processes for one path, block after block; empty where none were taken.
SampleBlocks samples_of(const std::vector<RawProfile>& processes, const std::string& path);
// The worst of the processes' marks.
TimingMark worst_mark(const std::vector<RawProfile>& processes, const std::string& path);

// What a fresh process of this program measures of `subject`, arguments of `mdsearch profile`; each draws its own
// weights and order.
RawProfile measure_apart(const std::vector<std::string>& subject, const ProfileOptions& options, int64_t process);

// Each step's median in nanoseconds; steps of equal work share one.
std::vector<double> step_medians(const Plan& plan, const std::vector<RawProfile>& processes);

// Stores architecture, device, environment and samples; with whole and blocks also the residual: what of the whole's
// median the steps' medians leave unexplained.
void record_profile(Store& store, const NamedNetwork& network, const ProfileOptions& options,
                    const std::vector<RawProfile>& processes);

// Stores what was timed of something else than a network's steps: of each path, under the canonical JSON of what it is.
void record_parts(Store& store, const std::map<std::string, Json>& identities, const ProfileOptions& options,
                  const std::vector<RawProfile>& processes);

// Times what the store has no samples of by this build on this device, dtype, threads and batch, and stores it.
void profile_into(Store& store, const std::string& name, const UNetSpec& spec, const ProfileOptions& options);

}  // namespace mds
