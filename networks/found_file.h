// Paths as people give them, on a command line and in configurations.
#pragma once

#include <string>

#include "spec/describe.h"

namespace mds {

// The path itself where something is there, else what ships under it (shipped_file). As given where neither is there,
// so that whoever opens it says so.
std::string found_file(const std::string& path);

// The same for a path that the file `config` gives, which is looked for in that file's folder first.
std::string found_file(const std::string& path, const std::string& config);

// A configuration of a sweep or a training, in which each path is as found_file finds it. Names of networks and of data
// sets stay as they are.
Json with_found_files(Json json, const std::string& config);

}  // namespace mds
