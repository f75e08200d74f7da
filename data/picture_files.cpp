#include "data/picture_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "pipeline/image.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

// Walks real folders before links, so that a picture has the name of the place where it is.
class Walk {
 public:
  explicit Walk(const fs::path& folder) { enter(folder); }
  std::vector<std::string> files;

 private:
  void enter(const fs::path& folder) {
    if (!entered_.insert(fs::canonical(folder)).second) return;
    std::set<fs::path> folders, links;
    for (const auto& entry : fs::directory_iterator(folder)) {
      std::error_code broken_link;
      if (is_hidden(entry.path().filename().string())) continue;
      if (entry.is_directory(broken_link))
        (entry.is_symlink() ? links : folders).insert(entry.path());
      else if (entry.is_regular_file(broken_link) && is_picture_ending(entry.path().extension().string()))
        files.push_back(entry.path().string());
    }
    for (const auto& inner : folders) enter(inner);
    for (const auto& link : links) enter(link);
  }

  std::set<fs::path> entered_;
};

}  // namespace

bool is_hidden(const std::string& name) { return name.starts_with('.'); }

std::vector<std::string> picture_files_below(const std::string& folder) {
  std::vector<std::string> files = Walk(folder).files;
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> picture_names(const std::string& folder, const std::vector<std::string>& files) {
  std::map<std::string, int> times;
  const auto without_extension = [](fs::path path) { return path.replace_extension().generic_string(); };
  std::vector<std::string> names;
  for (const auto& file : files) {
    names.push_back(fs::path(file).lexically_relative(folder).generic_string());
    ++times[without_extension(names.back())];
  }
  for (auto& name : names)
    if (const std::string shorter = without_extension(name); times[shorter] == 1) name = shorter;
  return names;
}

}  // namespace mds
