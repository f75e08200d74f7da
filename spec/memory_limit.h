// How much memory this process can still get, and the refusal of work that needs more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mds {

// The bytes of a line of /proc/meminfo, such as "MemTotal"; no value where there is none.
std::optional<int64_t> machine_memory(const std::string& key);

// In bytes: the least of what the machine has available, its control groups allow in all, and `ulimit -v` leaves. No
// value where the kernel says nothing.
std::optional<int64_t> usable_memory();

// The least limit of a process's control groups in bytes, read from memory.max (version 2) or memory.limit_in_bytes
// (version 1); no value where none limits it. The parameters are those of cgroup_folders.
std::optional<int64_t> group_memory(const std::string& root, const std::string& membership);

// MemoryError where `least_bytes`, which `work` needs at least, are more than `usable`, by default usable_memory(): "a
// pass of batch 4096 needs at least 86.2 GB of memory, and 11.9 GB can be had; ...".
void require_memory(const std::string& work, int64_t least_bytes, std::optional<int64_t> usable = std::nullopt);

}  // namespace mds
