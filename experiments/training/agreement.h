// Whether processes that train together train the same.
#pragma once

#include <string>

#include "trainer/ranks.h"

namespace mds {

// Called by all. ConfigError in each where a process is of another build than process 0, trains something else, or goes
// on at another iteration; the message names it and what differs.
void check_agreement(const RanksPtr& ranks, const std::string& identity, int64_t iteration);

}  // namespace mds
