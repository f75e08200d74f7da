// What an installed package offers as a data set: captioned pictures, listed before any is decoded, so that sources can
// be joined and missing packages are known before anything is written.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/build_report.h"
#include "spec/error.h"

namespace mds {

struct CollectedPair {
  Pair pair;                    // `file` is its source, for reports
  std::function<Image()> draw;  // called from several threads; a FileError makes the picture a counted skip
};

struct Collection {
  std::vector<CollectedPair> candidates;
  int64_t other_names = 0;  // as in BuildReport
  FolderReport skipped;
};

// A file, folder or (without a slash) program on PATH, and the Debian package that brings it.
struct Requirement {
  std::string path, package;
};

struct MissingPackages : FileError {
  explicit MissingPackages(std::vector<Requirement> all, const std::string& advice = "");
  std::vector<Requirement> missing;
};

void require(const std::vector<Requirement>& requirements);  // MissingPackages names all that are not there

// Of the letters, digits and '-' of a path without its extension; other characters become '_'.
std::string id_of(const std::string& path);

// The files below `folder` with one of these extensions (".png"), relative to it, by name; links are left out.
std::vector<std::string> files_below(const std::string& folder, const std::vector<std::string>& extensions);

// Draws and stores everything, in order whatever the number of threads; the folder is put in place whole.
BuildReport write_collection(Collection collection, const std::string& folder, const BuildProgress& progress = {});

}  // namespace mds
