// The licences of what a model was made from: pictures, captions, and other models.
#pragma once

#include <string>
#include <vector>

namespace mds {

// Of pictures without a stated licence, which are a user's own or ones that the user must ask about.
inline constexpr const char* unknown_license = "unknown: yours";

// The distinct ones in the order of their first mention, joined by "; ", after more than eight of them the count of the
// others. A text may itself be so joined; an empty one is unknown_license.
std::string joined_licenses(const std::vector<std::string>& licenses);

}  // namespace mds
