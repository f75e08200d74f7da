// The icons of sweethome3d-furniture (CC0 and CC-BY-3.0): renders of furniture on white, with the names of their
// catalogue. All are training pictures.
#pragma once

#include <map>
#include <string>

#include "data/collection.h"

namespace mds {

// Reads every catalogue (*.sh3f) of the folder. Pieces without an icon or a usable name are counted as skips.
Collection collect_sweethome(const std::string& folder = "/usr/share/sweethome3d/furniture");

// Key -> value of a Java properties file (Latin-1 with \uXXXX escapes), in UTF-8.
std::map<std::string, std::string> parse_properties(std::string_view text);

}  // namespace mds
