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

std::string profile_text(const ProfileResult& result, Format format);

}  // namespace mds
