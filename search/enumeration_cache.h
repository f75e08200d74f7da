// Enumerations that took long, kept as files, so that the next sweep of the same space starts at once.
#pragma once

#include <string>

#include "search/enumerate.h"

namespace mds {

inline constexpr const char* enumeration_folder = "out/cache/enumerations";
inline constexpr int64_t least_cached_points = 100'000;  // fewer are screened anew in less time than matters

struct CachedEnumeration {
  Enumeration found;
  std::string file{};  // that it was read from; empty where it was made now
};

// The file of an enumeration: its name follows from the space with its networks, the caps, the pick and the version of
// the rules.
std::string enumeration_file(const Space& space, const Caps& caps, const Pick& pick,
                             const std::string& folder = enumeration_folder);

// As enumerate, or as it was kept. A file that is damaged is warned of and written anew, and one that cannot be written
// is warned of.
CachedEnumeration enumerate_cached(const Space& space, const Caps& caps, const Pick& pick,
                                   const Screening& screening = {}, const std::string& folder = enumeration_folder);

}  // namespace mds
