// Screens a space; results are kept between calls.
#pragma once

#include "experiments/listener.h"
#include "search/enumeration_cache.h"

namespace mds {

CachedEnumeration screened(const Space& space, const Caps& caps, const Pick& pick, Listener& listener);

}  // namespace mds
