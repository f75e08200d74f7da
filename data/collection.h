// What an installed package offers as a data set: captioned pictures, listed before any is decoded. So sources can be
// joined, and missing packages are reported before anything is written.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/build_report.h"
#include "spec/error.h"

namespace mds {

struct CollectedPair {
  Pair pair;                    // its `file` is the picture's origin, for reports
  std::function<Image()> draw;  // called by several threads; a FileError makes the picture a skip
};

struct Collection {
  std::vector<CollectedPair> candidates;
  int64_t other_names = 0;  // as in BuildReport
  FolderReport skipped;
};

// A file, a folder or (without a slash) a program on PATH, and the Debian package that contains it.
struct Requirement {
  std::string path, package;
};

struct MissingPackages : FileError {
  explicit MissingPackages(std::vector<Requirement> all, const std::string& advice = "");
  std::vector<Requirement> missing;
};

void require(const std::vector<Requirement>& requirements);  // MissingPackages names all that are not there

// The letters, digits and '-' of a path without its extension; each other character becomes '_'.
std::string id_of(const std::string& path);

// The files below `folder` with one of these extensions (".png"): relative paths, sorted, without symbolic links.
std::vector<std::string> files_below(const std::string& folder, const std::vector<std::string>& extensions);

// Draws and stores all pictures, in order for any number of threads. The folder appears complete or not at all.
BuildReport write_collection(Collection collection, const std::string& folder, const BuildProgress& progress = {});

}  // namespace mds
