// Text from files and databases as a terminal may see it.
#pragma once

#include <string>

namespace mds {

// Every byte or letter that a terminal would obey instead of showing becomes a space: control bytes but the end of a
// line, DEL, the C1 controls, marks that turn the direction of writing. Bytes that are not UTF-8 become "?".
std::string printable(const std::string& text);

// The same with ends of lines as spaces, for a cell or a heading.
std::string one_line(const std::string& text);

}  // namespace mds
