// Writes a data set folder (the format of data/image_folder.h) whole or not at all: it grows under a temporary name
// beside its final place and is renamed by finish(). A writer that is dropped before removes what it wrote.
#pragma once

#include <string>

#include "data/image_folder.h"

namespace mds {

class FolderWriter {
 public:
  // FileError if `folder` exists and is neither empty nor a data set with metadata.jsonl; a data set is replaced.
  explicit FolderWriter(std::string folder);
  ~FolderWriter();
  FolderWriter(const FolderWriter&) = delete;

  // Stores `image` as <id>.png. The pair's `file` is not used; ids hold letters, digits, '-' and '_'.
  void add(const Image& image, const Pair& pair);
  void finish();

 private:
  std::string folder_, temporary_, lines_;
};

}  // namespace mds
