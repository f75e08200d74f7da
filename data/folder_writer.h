// Writes a data set folder (the format of data/image_folder.h), complete or not at all: it is built under a temporary
// name beside its final place, and finish() renames it. A writer destroyed before finish() removes what it wrote.
#pragma once

#include <set>
#include <string>

#include "data/build_report.h"
#include "spec/new_file.h"

namespace mds {

class FolderWriter {
 public:
  // FileError if `folder` exists and is not empty, unless it is a data set with metadata.jsonl, which is replaced.
  explicit FolderWriter(const std::string& folder);

  // Stores `image` as <id>.png. The pair's `file` is not used; ids consist of letters, digits, '-' and '_', and each is
  // used once.
  void add(const Image& image, const Pair& pair);
  // Puts the data set in place and counts it. FileError if nothing was added.
  BuildReport finish();

 private:
  std::string folder_, lines_;
  NewFolder new_;
  std::set<std::string> ids_, groups_;
  int64_t held_out_ = 0;
};

}  // namespace mds
