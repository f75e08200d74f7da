// Whether the runs of a sweep are all trained by one build of the program, whose numbers compare to the last digit.
#pragma once

#include <string>

#include "search/store/store.h"

namespace mds {

// How this build differs from that which trained last in the sweep, in words. Empty where it has trained in it too, or
// nobody has.
std::string other_build(const Database& database, const std::string& sweep);

}  // namespace mds
