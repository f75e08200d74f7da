// The OpenClipart collection of the package openclipart-svg: drawings on white, rasterised by rsvg-convert, with
// captions from their metadata. All are training pictures.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

struct OpenClipartOptions {
  std::string collection = "/usr/share/openclipart/svg";
  int64_t size = 128;             // pixels a side; a drawing keeps its aspect ratio
  int64_t seconds_per_file = 10;  // a drawing that takes longer is skipped
};

// Symbolic links, folders without describing text, blank and unreadable drawings are counted as skips.
Collection collect_openclipart(const OpenClipartOptions& options = {});

}  // namespace mds
