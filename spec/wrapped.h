// Text in lines of limited length.
#pragma once

#include <string>

namespace mds {

// Breaks text into lines of at most `width` columns, all but the first indented by `indent`. Line breaks are kept.
std::string wrapped(const std::string& text, size_t indent, size_t width);

}  // namespace mds
