#include "spec/memory_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "spec/cgroup.h"
#include "spec/error.h"
#include "spec/kernel_file.h"

namespace mds {
namespace {

using Bytes = std::optional<int64_t>;

Bytes smaller(Bytes a, Bytes b) { return a && b ? std::min(*a, *b) : a ? a : b; }

// The number that a text begins with; none for "max".
Bytes number_in(const std::string& text) {
  std::istringstream in(text);
  int64_t number = 0;
  return in >> number ? Bytes(number) : std::nullopt;
}

Bytes left_of_ulimit() {
  rlimit limit{};
  const Bytes pages = number_in(text_of("/proc/self/statm"));
  if (!pages || ::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return std::max<int64_t>(0, int64_t(limit.rlim_cur) - *pages * ::sysconf(_SC_PAGESIZE));
}

std::string gigabytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f GB", double(bytes) * 1e-9);
  return text;
}

}  // namespace

Bytes machine_memory(const std::string& key) {
  const Bytes kilobytes = number_in(value_in(text_of("/proc/meminfo"), key, ':'));
  return kilobytes ? Bytes(*kilobytes * 1024) : std::nullopt;
}

Bytes group_memory(const std::string& root, const std::string& membership) {
  Bytes least;
  for (const auto& group : cgroup_folders(root, membership, "memory"))
    least = smaller(least,
                    number_in(text_of(group.folder / (group.second_version ? "memory.max" : "memory.limit_in_bytes"))));
  return least;
}

Bytes usable_memory() {
  return smaller(smaller(machine_memory("MemAvailable"), left_of_ulimit()),
                 group_memory("/sys/fs/cgroup", text_of("/proc/self/cgroup")));
}

void require_memory(const std::string& work, int64_t least_bytes, Bytes usable) {
  if (!usable) usable = usable_memory();
  if (!usable || least_bytes <= *usable) return;
  throw MemoryError(work + " needs at least " + gigabytes(least_bytes) + " of memory, and " + gigabytes(*usable) +
                    " can be had; a smaller batch, size or network needs less");
}

}  // namespace mds
