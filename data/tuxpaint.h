// The stamps of tuxpaint-stamps-default (GPL-2): objects on white. The first sentence of their English description is
// the caption. All are training pictures.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

struct TuxpaintOptions {
  std::string stamps = "/usr/share/tuxpaint/stamps";
  int64_t svg_size = 256;  // pixels a side for drawings; bitmaps keep their size
};

// The first line of X.txt describes X.png, or X.svg where there is no bitmap. Stamps without X.txt, letters and digits
// are counted as skips.
Collection collect_tuxpaint(const TuxpaintOptions& options = {});

// "a tower with a red flag" from "A tower with a red flag. Up, up!"; empty if the line does not begin with a letter.
std::string stamp_caption(const std::string& line);

}  // namespace mds
