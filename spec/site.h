// Where a block stands: the shape it reads and what is in scope beside it.
#pragma once

#include <cstdint>

#include "spec/shape.h"

namespace mds {

struct Site {
  Shape in;                   // after the skip is joined
  int64_t skip_channels = 0;  // how many of in.channels the skip brings by concatenation
  int64_t text_tokens = 0;    // S
  int64_t text_width = 0;
  int64_t time_width = 0;     // E
  bool operator==(const Site&) const = default;
};

}  // namespace mds
