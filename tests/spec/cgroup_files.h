// A folder that stands for /sys/fs/cgroup.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/scratch.h"

namespace mds::test {

class CgroupFiles {
 public:
  CgroupFiles() { std::filesystem::remove_all(root_); }
  ~CgroupFiles() { std::filesystem::remove_all(root_); }
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::string path() const { return root_.string(); }

 private:
  std::filesystem::path root_ = scratch("cgroups");
};

}  // namespace mds::test
