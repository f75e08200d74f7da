// Drawings of Art4Apps from the package pysiogame (CC-BY-SA), each of one thing, action or person, which its file name
// says. All are training pictures.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

Collection collect_pysiogame(const std::string& folder = "/usr/share/games/pysiogame/res/images/art4apps");

}  // namespace mds
