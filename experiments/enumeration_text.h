// A screened space as text: what was counted, and the candidates with the choices in which they differ.
#pragma once

#include "reports/table.h"
#include "search/enumerate.h"

namespace mds {

struct Listing {
  const std::string& name;  // of the space, as given
  Caps caps;
  const SpaceSpec& space;
  const Enumeration& found;
  const std::string& file;  // that it was read from, or empty
  double seconds;           // of screening or reading
};

std::string enumeration_text(const Listing& listing, Format format, const View& view);

}  // namespace mds
