// `mdsearch data show`: describes a source of pictures, and draws some of it as a contact sheet.
#pragma once

#include <string>

#include "experiments/listener.h"
#include "spec/describe.h"

namespace mds {

struct ShowRequest {
  std::string source;   // a name for open_source
  double held_out = 0;  // share held out where the source has no split of its own
  std::string sheet;    // picture to write; empty: none
  int64_t size = 128;   // pixels a side of each picture on the sheet
  int64_t count = 64;   // pictures on the sheet, or listed
  uint64_t seed = 0;    // selects the pictures
};

// Numbers and texts by name, and "rows" of {id, caption, split}. The listener is told which pictures are left out, and
// why. RequestError for a sheet that is no picture or the source itself.
Json show_source(const ShowRequest& request, Listener& listener);

}  // namespace mds
