#include "spec/processors.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <thread>

#include "spec/cgroup.h"
#include "spec/kernel_file.h"

namespace mds {
namespace {

// The quotient of two numbers; 0 where they are no limit, as "max 100000" and a quota of -1 are.
double quotient(std::istream& numbers) {
  double quota = 0, period = 0;
  return numbers >> quota >> period && quota > 0 && period > 0 ? quota / period : 0;
}

double quota_of(const CgroupFolder& group) {
  std::istringstream numbers(group.second_version ? text_of(group.folder / "cpu.max")
                                                  : text_of(group.folder / "cpu.cfs_quota_us") + " " +
                                                        text_of(group.folder / "cpu.cfs_period_us"));
  return quotient(numbers);
}

double smaller(double a, double b) { return a == 0 || (b > 0 && b < a) ? b : a; }

int64_t affine_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool known = ::sched_getaffinity(0, sizeof(set), &set) == 0;
  return known ? CPU_COUNT(&set) : int64_t(std::thread::hardware_concurrency());
}

}  // namespace

double quota_processors(const std::string& root, const std::string& membership) {
  double quota = 0;
  for (const auto& group : cgroup_folders(root, membership, "cpu")) quota = smaller(quota, quota_of(group));
  return quota;
}

int64_t usable_processors() {
  static const int64_t count = [] {
    const double quota = quota_processors("/sys/fs/cgroup", text_of("/proc/self/cgroup"));
    const int64_t affine = affine_processors();
    return std::max<int64_t>(1, quota > 0 ? std::min(affine, int64_t(std::ceil(quota))) : affine);
  }();
  return count;
}

}  // namespace mds
