#include "data/collection.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "data/folder_writer.h"
#include "data/parallel.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

bool is_on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

bool is_there(const Requirement& requirement) {
  const bool is_program = requirement.path.find('/') == std::string::npos;
  return is_program ? is_on_path(requirement.path) : fs::exists(requirement.path);
}

std::string message(const std::vector<Requirement>& missing) {
  std::string text, packages;
  std::set<std::string> named;
  for (const auto& [path, package] : missing) {
    text += (text.empty() ? "" : "; ") + path + ": does not exist; it comes with the package " + package;
    if (named.insert(package).second) packages += " " + package;
  }
  return text + " (apt install" + packages + ")";
}

// The picture, or why there is none. The reason does not name the file, because reports count equal reasons.
struct Drawn {
  Image image;
  std::string failure;
};

Drawn draw(const CollectedPair& candidate) {
  try {
    return {candidate.draw(), ""};
  } catch (const FileError& error) {
    const std::string reason = error.what(), place = candidate.pair.file + ": ";
    return {{}, reason.starts_with(place) ? reason.substr(place.size()) : reason};
  }
}

}  // namespace

MissingPackages::MissingPackages(std::vector<Requirement> all, const std::string& advice)
    : FileError(message(all) + advice), missing(std::move(all)) {}

void require(const std::vector<Requirement>& requirements) {
  std::vector<Requirement> missing;
  std::copy_if(requirements.begin(), requirements.end(), std::back_inserter(missing),
               [](const Requirement& requirement) { return !is_there(requirement); });
  if (!missing.empty()) throw MissingPackages(std::move(missing));
}

std::string id_of(const std::string& path) {
  std::string id = fs::path(path).replace_extension().string();
  for (char& c : id)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) c = '_';
  return id;
}

std::vector<std::string> files_below(const std::string& folder, const std::vector<std::string>& extensions) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    if (std::find(extensions.begin(), extensions.end(), entry.path().extension()) == extensions.end()) continue;
    files.push_back(entry.path().lexically_relative(folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

BuildReport write_collection(Collection collection, const std::string& folder, const BuildProgress& progress) {
  constexpr size_t batch = 256;  // limits how many decoded pictures are in memory
  FolderWriter writer(folder);
  const auto& all = collection.candidates;
  for (size_t first = 0; first < all.size(); first += batch) {
    std::vector<Drawn> drawn(std::min(batch, all.size() - first));
    parallel_for(int64_t(drawn.size()), [&](int64_t i) { drawn[size_t(i)] = draw(all[first + size_t(i)]); });
    for (size_t i = 0; i < drawn.size(); ++i) {
      const Pair& pair = all[first + i].pair;
      if (progress) progress(int64_t(first + i), int64_t(all.size()));
      if (drawn[i].failure.empty()) {
        writer.add(drawn[i].image, pair);
      } else {
        collection.skipped.skips.push_back({pair.file, drawn[i].failure});
      }
    }
  }
  BuildReport report = writer.finish();
  report.other_names = collection.other_names;
  report.skipped = std::move(collection.skipped);
  return report;
}

}  // namespace mds
