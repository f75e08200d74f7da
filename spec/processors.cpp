#include "spec/processors.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace mds {
namespace {

namespace fs = std::filesystem;

// The quotient of two numbers; 0 where they are no limit, as "max 100000" and a quota of -1 are.
double quotient(std::istream& numbers) {
  double quota = 0, period = 0;
  return numbers >> quota >> period && quota > 0 && period > 0 ? quota / period : 0;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

double quota_of(const fs::path& group, bool second_version) {
  std::istringstream numbers(second_version
                                 ? text_of(group / "cpu.max")
                                 : text_of(group / "cpu.cfs_quota_us") + " " + text_of(group / "cpu.cfs_period_us"));
  return quotient(numbers);
}

double smaller(double a, double b) { return a == 0 || (b > 0 && b < a) ? b : a; }

// A line of /proc/self/cgroup is "0::/group" for version 2, "4:cpu,cpuacct:/group" for version 1.
double quota_of_line(const fs::path& root, const std::string& line) {
  const size_t first = line.find(':'), second = line.find(':', first + 1);
  if (first == line.npos || second == line.npos) return 0;
  const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
  const bool second_version = controllers == ",,";
  if (!second_version && controllers.find(",cpu,") == controllers.npos) return 0;
  const fs::path base = second_version ? root : root / "cpu";
  double quota = 0;
  for (fs::path group = fs::path(line.substr(second + 1)).relative_path();; group = group.parent_path()) {
    quota = smaller(quota, quota_of(base / group, second_version));
    if (group.empty()) return quota;
  }
}

int64_t affine_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool known = ::sched_getaffinity(0, sizeof(set), &set) == 0;
  return known ? CPU_COUNT(&set) : int64_t(std::thread::hardware_concurrency());
}

}  // namespace

double quota_processors(const std::string& root, const std::string& membership) {
  std::istringstream lines(membership);
  double quota = 0;
  for (std::string line; std::getline(lines, line);) quota = smaller(quota, quota_of_line(root, line));
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
