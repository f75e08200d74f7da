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

// Where the files of sweeps lie unless --artifacts names another folder.
inline constexpr const char* usual_artifacts = "out/sweeps";
std::string sweep_folder(const std::string& artifacts, const std::string& sweep);
std::vector<std::string> sweep_results(const std::string& folder);  // files and folders besides those of the runs

// The identity in a run's checkpoints; a checkpoint with another identity is refused.
std::string identity_of(const RunRow& run);

struct RunFiles {
  std::string folder;
  std::string checkpoint() const { return folder + "/checkpoint.safetensors"; }
};
RunFiles files_of(const std::string& sweep_folder, const RunRow& run);

}  // namespace mds
