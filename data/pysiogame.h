// Drawings of Art4Apps as the package pysiogame brings them (CC-BY-SA): one thing, action or person each, named by its
// file. All are training pictures.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

Collection collect_pysiogame(const std::string& folder = "/usr/share/games/pysiogame/res/images/art4apps");

}  // namespace mds
