// Keeps enumerations that took long in files, so that the next sweep of the same space starts at once.
#pragma once

#include <string>

#include "search/enumerate.h"

namespace mds {

inline constexpr const char* enumeration_folder = "out/cache/enumerations";
inline constexpr int64_t least_cached_points = 100'000;  // smaller spaces are screened again: it is fast

struct CachedEnumeration {
  Enumeration found;
  std::string file{};  // the file it was read from; empty where it was computed now
};

// The file of an enumeration, named after a hash of the space with its networks, the caps, the pick and the version of
// the rules.
std::string enumeration_file(const Space& space, const Caps& caps, const Pick& pick,
                             const std::string& folder = enumeration_folder);

// Like enumerate(), but reads the kept result where there is one. Warns where the file is damaged (it is then written
// again) and where it cannot be written.
CachedEnumeration enumerate_cached(const Space& space, const Caps& caps, const Pick& pick,
                                   const Screening& screening = {}, const std::string& folder = enumeration_folder);

}  // namespace mds
