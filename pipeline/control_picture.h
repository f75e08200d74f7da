// Control pictures: edges that adapters read, from a picture of edges or found in a photo. White edges on black.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipeline/canny.h"
#include "pipeline/sized_picture.h"

namespace mds {

// One of two files.
struct ControlSource {
  std::string edges{};  // a picture of white edges on black
  std::string photo{};  // a picture whose edges are found at the size that is drawn
  CannyThresholds thresholds{};

  bool given() const { return !edges.empty() || !photo.empty(); }
  const std::string& file() const { return edges.empty() ? photo : edges; }
  // The same for another file of the same kind.
  ControlSource of(const std::string& file) const {
    ControlSource other = *this;
    (edges.empty() ? other.photo : other.edges) = file;
    return other;
  }
};

// Float32 1 x 3 x height x width in 0..1 on the CPU. `told` hears of a resized picture. ConfigError where not exactly
// one file is named, and for thresholds that canny_edges refuses; FileError where the file is no picture.
Tensor load_control(const ControlSource& source, Extent pixels, const Notice& told = {});

}  // namespace mds
