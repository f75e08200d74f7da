// How a reader wants to see tables: which columns, sorted by which, how wide.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mds {

struct Table;

struct View {
  std::vector<std::string> columns{};  // names or headers, in this order; "all" alone: every one; empty: those that fit
  std::string sort{};                  // a column; with "-" before it from the largest down
  bool brief = false;                  // the three to six most telling columns, a line for each footnote
  size_t width = 0;                    // characters of a line of text; 0: output_width()
};

inline constexpr size_t default_width = 100;
// Of stdout: the variable COLUMNS if it is 20 to 1000, else the terminal's, else 100.
size_t output_width();

// The tables with the view's columns and order of rows. UsageError where it names a column that none of them has.
std::vector<Table> in_view(std::vector<Table> tables, const View& view);

}  // namespace mds
