// The files of a sweep. The name of a run's folder is a hash of what determines its weights, so that two databases may
// share it.
#pragma once

#include <string>
#include <vector>

#include "search/store/runs.h"

namespace mds {

constexpr size_t most_name_bytes = 200;

// ConfigError where a name cannot be the name of a folder.
void check_folder_name(const std::string& name, const Place& place);

std::string sweep_folder(const std::string& sweep);
std::vector<std::string> sweep_results(const std::string& sweep);  // files and folders besides those of the runs

// The identity in a run's checkpoints; a checkpoint with another identity is refused.
std::string identity_of(const RunRow& run);

struct RunFiles {
  std::string folder;
  std::string checkpoint() const { return folder + "/checkpoint.safetensors"; }
};
RunFiles files_of(const std::string& sweep, const RunRow& run);

}  // namespace mds
