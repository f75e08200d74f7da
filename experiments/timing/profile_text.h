// Prints a profile for people and programs: medians with intervals, shares, rates, and the residual of the whole.
#pragma once

#include <string>
#include <vector>

#include "experiments/timing/profiling.h"
#include "reports/table.h"

namespace mds {

struct ProfileResult {
  NamedNetwork network;
  ProfileOptions options;  // `whole` is set
  std::vector<RawProfile> processes;
};

// {"median", "low", "high", "p90", "n", "mark"}, in milliseconds.
Json latency_json(const Summary& summary, const std::string& mark);

// Of each phase the most that any of the processes held; and phases as a footnote, of which there is at least one.
std::vector<PhaseMemory> most_memory(const std::vector<RawProfile>& processes);
std::string memory_footnote(const std::vector<PhaseMemory>& phases);

std::string profile_text(const ProfileResult& result, Format format);

}  // namespace mds
