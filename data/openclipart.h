// Builds a data set from the OpenClipart collection of the package openclipart-svg: drawings on white with captions
// from their metadata, rasterised by rsvg-convert. All are training pictures.
#pragma once

#include <string>

#include "data/build_report.h"

namespace mds {

struct OpenClipartOptions {
  std::string out;
  std::string collection = "/usr/share/openclipart/svg";
  int64_t size = 128;             // pixels a side; the drawing keeps its aspect
  int64_t seconds_per_file = 10;  // a drawing that takes longer is skipped
};

// Symbolic links, folders without describing text, blank and unreadable drawings are counted skips.
BuildReport build_openclipart(const OpenClipartOptions& options, const BuildProgress& progress = {});

}  // namespace mds
