// Timing in processes of their own, each with its own weights and order.
#pragma once

#include "experiments/timing/profiling.h"

namespace mds {

// Runs `mdsearch profile` in a new process to measure `subject`, its arguments.
RawProfile measure_apart(const std::vector<std::string>& subject, const ProfileOptions& options, int64_t process);

}  // namespace mds
