// How a reader wants tables printed: which columns, sorted by which, how wide.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mds {

struct Table;

struct View {
  std::vector<std::string> columns{};  // names or headers, in order; "all": all; empty: those that fit
  std::string sort{};                  // a column; with "-" in front descending
  bool brief = false;                  // only three to six important columns; short footnotes
  size_t width = 0;                    // characters of a line of text; 0: output_width()
};

inline constexpr size_t default_width = 100;
// The width of stdout: the variable COLUMNS if it is 20 to 1000, else the terminal's, else 100.
size_t output_width();

// The tables with the columns and row order of the view. RequestError where it names a column that no table has.
std::vector<Table> in_view(std::vector<Table> tables, const View& view);

}  // namespace mds
