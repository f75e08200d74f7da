#pragma once

#include <stdlib.h>

#include "spec/error.h"
#include "tests/scratch.h"

namespace mds {

// A folder that lives as long as the object.
struct ScratchFolder {
  std::string path = (mds::scratch("mdsearch-test-XXXXXX")).string();
  ScratchFolder() {
    if (!mkdtemp(path.data())) throw FileError(path + ": cannot be made");
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
};

}  // namespace mds
