// A path under the system's folder for temporary files that no other process uses: ctest runs cases side by side.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace mds {

inline std::filesystem::path scratch(const std::string& name) {
  return std::filesystem::temp_directory_path() / ("mds_" + std::to_string(::getpid()) + "_" + name);
}

}  // namespace mds
