// Screening of a space as `mdsearch enumerate` and `mdsearch sweep` do it: kept between calls, with progress on stderr.
#pragma once

#include "search/enumeration_cache.h"

namespace mds {

CachedEnumeration screened(const Space& space, const Caps& caps, const Pick& pick);

}  // namespace mds
