// Photographs of gcompris-qt-data out of its Qt resource files, named by their files (free licences, file by file).
// All are training pictures.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

// A resource file that is not there or broken is a FileError; the activities' other pictures (parts of puzzles,
// backgrounds, buttons) are not listed.
Collection collect_gcompris(const std::string& folder = "/usr/share/gcompris-qt/rcc");

// "statueofLiberty" -> "statue of liberty".
std::string photo_caption(const std::string& path);

}  // namespace mds
