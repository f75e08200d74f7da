// What `mdsearch data show` tells of a source of pictures: what was found in it, and some of it as a contact sheet.
#pragma once

#include <string>

#include "spec/describe.h"

namespace mds {

struct ShowRequest {
  std::string source;   // as open_source takes it
  double held_out = 0;  // share held out where the source has no split of its own
  std::string sheet;    // PNG to write; empty: none
  int64_t size = 128;   // pixels a side of each picture on the sheet
  int64_t count = 64;   // pictures on the sheet, or listed
  uint64_t seed = 0;    // which are drawn
};

// Numbers and texts by name, and "rows" of {id, caption, split}. What was left out goes to stderr with its reasons.
Json show_source(const ShowRequest& request);

}  // namespace mds
