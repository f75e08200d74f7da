#include "networks/found_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "networks/network_spec.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

// The fields of configurations whose value may be a path.
constexpr std::array<std::string_view, 13> path_fields{"space", "networks", "unet",       "encoder", "decoder",
                                                       "start", "teacher",  "latents",    "data",    "weights",
                                                       "text",  "score",    "autoencoder"};

void find_in(Json& value, const std::string& config) {
  if (const auto* text = value.get_ptr<const std::string*>(); text && !text->empty()) {
    const size_t path = text->find('=') + 1;  // of NETWORK=FILE only FILE is the path
    value = text->substr(0, path) + found_file(text->substr(path), config);
  } else if (value.is_array()) {
    for (auto& element : value) find_in(element, config);
  }
}

}  // namespace

std::string found_file(const std::string& path) {
  if (path.empty() || is_there(path)) return path;
  try {
    return shipped_file(path);
  } catch (const FileError&) {
    return path;
  }
}

std::string found_file(const std::string& path, const std::string& config) {
  const fs::path beside = fs::path(config).parent_path() / path;
  return !path.empty() && is_there(beside) ? beside.string() : found_file(path);
}

Json with_found_files(Json json, const std::string& config) {
  if (json.is_array())
    for (auto& element : json) element = with_found_files(element, config);
  if (!json.is_object()) return json;
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::count(path_fields, key)) find_in(value, config);
    value = with_found_files(value, config);
  }
  return json;
}

bool is_there(const std::string& path) {
  std::error_code no_path;
  return fs::exists(path, no_path);
}

}  // namespace mds
