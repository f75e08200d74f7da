#include "spec/cgroup.h"

#include <sstream>

namespace mds {

namespace fs = std::filesystem;

// A line of /proc/self/cgroup is "0::/group" for version 2, "4:cpu,cpuacct:/group" for version 1.
std::vector<CgroupFolder> cgroup_folders(const std::string& root, const std::string& membership,
                                         const std::string& controller) {
  std::vector<CgroupFolder> folders;
  std::istringstream lines(membership);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool second_version = controllers == ",,";
    if (!second_version && controllers.find("," + controller + ",") == controllers.npos) continue;
    const fs::path base = second_version ? fs::path(root) : fs::path(root) / controller;
    fs::path group = fs::path(line.substr(second + 1)).relative_path();
    for (; !group.empty(); group = group.parent_path()) folders.push_back({base / group, second_version});
    folders.push_back({base, second_version});
  }
  return folders;
}

}  // namespace mds
