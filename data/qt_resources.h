// Qt's binary resource files (.rcc): a tree of named files in one file, big-endian. Read are versions 1 to 3 and files
// that are stored as they are; Qt's tool leaves pictures uncompressed, as compression does not pay for them.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace mds {

// Path ("/gcompris/src/dog.webp") -> bytes, views of `bytes`; compressed files are left out. FileError, which `source`
// opens, if it is no such file or an offset leads out of it.
std::map<std::string, std::string_view> read_qt_resources(std::string_view bytes, const std::string& source);

}  // namespace mds
