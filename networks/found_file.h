// Finds the files that people name on a command line and in configurations.
#pragma once

#include <string>

#include "spec/describe.h"

namespace mds {

// The path itself where a file exists there, else the shipped file of that name (shipped_file). Where neither exists,
// the path as given, so that opening it reports the error.
std::string found_file(const std::string& path);

// The same for a path in the configuration file `config`; the folder of that file is searched first.
std::string found_file(const std::string& path, const std::string& config);

// A configuration of a sweep or a training with each path replaced by what found_file returns. Names of networks and
// of data sets stay as they are.
Json with_found_files(Json json, const std::string& config);

// Whether there is a file or folder; false also for what cannot be a path, such as a name that is too long.
bool is_there(const std::string& path);

}  // namespace mds
