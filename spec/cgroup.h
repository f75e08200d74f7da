// The control groups of a process: containers, batch systems and service managers limit processes by them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mds {

struct CgroupFolder {
  std::filesystem::path folder;
  bool second_version;  // of the interface, which decides the names of the files in it
};

// The folders of a process's group and of all groups above it, which limit it too, in every hierarchy that has the
// controller ("cpu", "memory"). `membership` is the text of /proc/self/cgroup, `root` the folder that is usually
// /sys/fs/cgroup. The folders need not exist.
std::vector<CgroupFolder> cgroup_folders(const std::string& root, const std::string& membership,
                                         const std::string& controller);

}  // namespace mds
