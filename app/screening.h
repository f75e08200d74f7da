// Screens a space for `mdsearch enumerate` and `mdsearch sweep`: results are kept between calls, progress on stderr.
#pragma once

#include "search/enumeration_cache.h"

namespace mds {

CachedEnumeration screened(const Space& space, const Caps& caps, const Pick& pick);

}  // namespace mds
