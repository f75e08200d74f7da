// Photographs from the Qt resource files of gcompris-qt-data, with their file names as captions (free licences, file by
// file). All are training pictures.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

// FileError for a resource file that is missing or broken. The other pictures of the activities (parts of puzzles,
// backgrounds, buttons) are not listed.
Collection collect_gcompris(const std::string& folder = "/usr/share/gcompris-qt/rcc");

// "statueofLiberty" -> "statue of liberty".
std::string photo_caption(const std::string& path);

}  // namespace mds
