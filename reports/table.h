// A result as rows and columns, and its four output formats: aligned text, Markdown, CSV and JSON. Cells hold raw
// values in base units, as CSV and JSON print them; scaling and rounding for people happens only here.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "reports/view.h"
#include "spec/describe.h"

namespace mds {

enum class Format : uint8_t { table, md, csv, json };

template <>
struct EnumNames<Format> {
  static constexpr std::array names{"table", "md", "csv", "json"};
};

// For whom a column is: people see it in text, Markdown and pages; programs get it in CSV and JSON.
enum class Audience : uint8_t { all, people, programs };

// How important a column is. A table that is wider than its terminal drops the least important columns first, but never
// its identity: what a row is, and the score by which rows are sorted. A brief table shows only the identity and the
// major columns.
enum class Weight : uint8_t { least, minor, usual, major, identity };

struct Column {
  std::string name;      // key in JSON, header in CSV
  std::string header{};  // shown to people; empty: the name
  double scale = 1;      // shown = value * scale, so that a header can say "params M" or "latency ms"
  int digits = -1;       // after the point; -1: whole numbers as they are, others with 4 significant digits
  Audience audience = Audience::all;
  bool right = false;  // text aligned right, as numbers always are
  Weight weight = Weight::usual;
  bool follows = false;  // meaningless without the column before it, such as an interval
  size_t letters = 0;    // people see only so many first letters, as of a hash; 0: all
};

struct Table {
  std::string title{};
  std::vector<Column> columns{};
  std::vector<std::vector<Json>> rows{};  // null: unknown, shown as "-"
  std::vector<std::string> footnotes{};
};

Format parse_format(const std::string& name);  // RequestError, listing the four names

// Prints several tables of one result: one after another for people, as one list of rows for programs. Aligned text
// fits the width of the view and says which columns it leaves out; the other formats leave nothing out. RequestError
// where the view names a column that no table has.
std::string to_text(const std::vector<Table>& tables, Format format, const View& view = {});
std::string to_text(const Table& table, Format format, const View& view = {});
Json rows_json(const Table& table);  // [{column: value, ...}, ...]

// A cell and a header as people see them, and whether they are aligned right. A header may be empty.
std::string shown(const Json& cell, const Column& column);
std::string header_of(const Column& column);
bool at_right(const Table& table, size_t column);
Column interval_column(const std::string& name, Audience audience = Audience::all);  // of the column before it

std::string aligned_text(const Table& table, const View& view);

std::string escape_html(const std::string& text);

}  // namespace mds
