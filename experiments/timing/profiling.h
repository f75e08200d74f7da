// Processes raw samples: pools them over processes, sums them over a plan, and stores them with all that they depend
// on. A block that has samples by exactly this build in the store is not timed again.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "experiments/timing/step_timing.h"
#include "search/named_network.h"

namespace mds {

// One of several measurements, each in a process of its own.
struct ApartRun {
  std::string network{};
  bool blocks = false;  // times those as well
  int64_t round = 0;
};
using MeasureNetwork = std::function<RawProfile(const ApartRun& run)>;

// The samples of several processes for one path; without those that have none.
ProcessBlocks samples_of(const std::vector<RawProfile>& processes, const std::string& path);
// The mode that the processes were run in, with the worst of their marks.
Evidence evidence_of(const std::vector<RawProfile>& processes, const std::string& path, TimingMode mode);

// The median of each step in nanoseconds; steps with equal work have the same median.
std::vector<double> step_medians(const Plan& plan, const std::vector<RawProfile>& processes);

// Under what a timing of this process with these options is stored; block_key adds the block.
LatencyKey key_of(Database& database, const ProfileOptions& options);
LatencyKey block_key(LatencyKey key, const PlanStep& step);

// Stores architecture, device, environment and samples; with both whole and blocks also the residual, which is the
// median of the whole minus the medians of its steps.
void record_profile(Database& database, const NamedNetwork& network, const ProfileOptions& options,
                    const std::vector<RawProfile>& processes);

// Stores samples of blocks that were timed alone.
void record_blocks(Database& database, const std::vector<PlanStep>& blocks, const ProfileOptions& options,
                   const std::vector<RawProfile>& processes);

// Stores timings of the parts of a model: each path's samples with what was timed.
void record_parts(Database& database, const std::map<std::string, PipelineRow>& parts, const ProfileOptions& options,
                  const std::vector<RawProfile>& processes);

// How many processes have timed the whole network with these options on this machine by this build.
int64_t measured_processes(Database& database, const NamedNetwork& network, const ProfileOptions& options);

// Times and stores what the store has no samples of for this build, device, dtype, threads and batch.
void profile_into(Database& database, const NamedNetwork& network, const ProfileOptions& options, Listener& listener);

}  // namespace mds
