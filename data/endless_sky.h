// The landscape photographs of endless-sky-data (CC-BY-SA, CC-BY and public domain, file by file), 720 x 360. Their
// captions are the kinds of landscape with which their file names begin. All are training pictures.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

// Photographs whose names are their photographer's or a mixture of kinds are counted as skips.
Collection collect_endless_sky(const std::string& folder = "/usr/share/games/endless-sky/images/land");

std::string landscape_caption(const std::string& path);  // "mountain12-harro.jpg": "mountains"; empty if unknown

}  // namespace mds
