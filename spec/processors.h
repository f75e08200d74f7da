// How many processors this process may keep busy: what its affinity mask and its cgroup's quota leave of the machine's.
#pragma once

#include <cstdint>
#include <string>

namespace mds {

// At least 1. A quota of parts of a processor is rounded up. Read once.
int64_t usable_processors();

// The processors that a process's cgroups allow, in parts of one; 0: no limit. `membership` is the text of
// /proc/self/cgroup, `root` the folder that is usually /sys/fs/cgroup. Reads cpu.max (version 2) and cpu.cfs_quota_us
// (version 1) of the process's group and of all above it, whose smallest quota holds.
double quota_processors(const std::string& root, const std::string& membership);

}  // namespace mds
