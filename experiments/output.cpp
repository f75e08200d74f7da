#include "experiments/output.h"

#include <filesystem>

#include "spec/error.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

// Whether the path, or a folder that contains it, is the same file or folder on the disk as `other`.
bool is_at_or_in(fs::path path, const fs::path& other) {
  std::error_code none;
  for (path = fs::weakly_canonical(path, none); !path.empty(); path = path.parent_path()) {
    if (fs::exists(path, none) && fs::equivalent(path, other, none)) return true;
    if (path == path.parent_path()) break;
  }
  return false;
}

}  // namespace

void refuse_input_as_output(const std::string& flag, const std::string& out, const std::vector<std::string>& inputs) {
  std::error_code none;
  for (const auto& input : inputs) {
    if (out.empty() || input.empty() || !fs::exists(input, none) || !is_at_or_in(out, input)) continue;
    const bool itself = fs::exists(out, none) && fs::equivalent(out, input, none);
    throw RequestError(
        flag + " " + out +
        (itself ? " is an input of this command" : " lies in " + input + ", which is an input of this command") +
        "; write to another place");
  }
}

}  // namespace mds
