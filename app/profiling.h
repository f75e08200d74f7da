// Processes raw samples: pools them over processes, sums them over a plan, and stores them with all that they depend
// on. A block that has samples by exactly this build in the store is not timed again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/recording.h"
#include "app/step_timing.h"

namespace mds {

// The samples of several processes for one path, block by block; empty where there are none.
SampleBlocks samples_of(const std::vector<RawProfile>& processes, const std::string& path);
// The worst of the marks of the processes.
TimingMark worst_mark(const std::vector<RawProfile>& processes, const std::string& path);

// Runs a new process of this program to measure `subject`, the arguments of `mdsearch profile`; each process draws its
// own weights and order.
RawProfile measure_apart(const std::vector<std::string>& subject, const ProfileOptions& options, int64_t process);

// The median of each step in nanoseconds; steps with equal work have the same median.
std::vector<double> step_medians(const Plan& plan, const std::vector<RawProfile>& processes);

// Stores architecture, device, environment and samples; with both whole and blocks also the residual, which is the
// median of the whole minus the medians of its steps.
void record_profile(Store& store, const NamedNetwork& network, const ProfileOptions& options,
                    const std::vector<RawProfile>& processes);

// Stores timings of things other than a network's steps: each path's samples with the canonical JSON of its identity.
void record_parts(Store& store, const std::map<std::string, Json>& identities, const ProfileOptions& options,
                  const std::vector<RawProfile>& processes);

// Times and stores what the store has no samples of for this build, device, dtype, threads and batch.
void profile_into(Store& store, const std::string& name, const UNetSpec& spec, const ProfileOptions& options);

}  // namespace mds
