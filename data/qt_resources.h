// Qt's binary resource files (.rcc): a tree of named files in one file, big-endian. Versions 1 to 3 are read, but only
// files stored without compression, as Qt's tool stores pictures.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace mds {

// Path ("/gcompris/src/dog.webp") -> content, as views into `bytes`; compressed files are left out. FileError,
// beginning with `source`, if it is not such a file or an offset points outside of it.
std::map<std::string, std::string_view> read_qt_resources(std::string_view bytes, const std::string& source);

}  // namespace mds
