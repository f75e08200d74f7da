// A path in the system's temporary folder that is unique to the process, because ctest runs cases in parallel.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace mds {

inline std::filesystem::path scratch(const std::string& name) {
  return std::filesystem::temp_directory_path() / ("mds_" + std::to_string(::getpid()) + "_" + name);
}

}  // namespace mds
