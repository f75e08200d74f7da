// What a builder of a data set wrote and what it left out.
#pragma once

#include <cstdint>
#include <functional>

#include "data/image_folder.h"

namespace mds {

struct BuildReport {
  int64_t pictures = 0, held_out = 0, groups = 0;
  int64_t other_names = 0;  // captions from the second source, for want of one in the first
  FolderReport skipped;
};

using BuildProgress = std::function<void(int64_t done, int64_t total)>;

}  // namespace mds
