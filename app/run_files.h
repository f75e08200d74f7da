// What a sweep leaves on disk. A run's folder is named by what its weights follow from, so that two databases may share
// it.
#pragma once

#include <string>
#include <vector>

#include "search/store/rows.h"

namespace mds {

// ConfigError where a name cannot be that of a folder of its own.
void check_folder_name(const std::string& name, const Place& place);

std::string sweep_folder(const std::string& sweep);
std::vector<std::string> sweep_results(const std::string& sweep);  // files and folders beside those of the runs

// A checkpoint of another identity is refused.
std::string identity_of(const RunStatus& run);

struct RunFiles {
  std::string folder;
  std::string checkpoint() const { return folder + "/checkpoint.safetensors"; }
  std::string evaluation(int64_t iteration) const;  // features and cosines, kept for the judge
};
RunFiles files_of(const std::string& sweep, const RunStatus& run);

}  // namespace mds
