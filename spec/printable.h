// Makes text from files and databases safe to print on a terminal.
#pragma once

#include <string>

namespace mds {

// Every byte or character that a terminal would obey instead of showing becomes a space: control bytes except the end
// of a line, DEL, the C1 controls, marks that change the direction of writing. Bytes that are not UTF-8 become "?".
std::string printable(const std::string& text);

// The same, with line ends as spaces too: for a cell of a table or a heading.
std::string one_line(const std::string& text);

}  // namespace mds
