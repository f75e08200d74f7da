// A result as rows and columns, and its four printed forms: aligned text, Markdown, CSV and JSON. Cells hold raw values
// in base units; scaling and rounding for people happens here and only here. CSV and JSON carry the raw values.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "spec/describe.h"

namespace mds {

enum class Format : uint8_t { table, md, csv, json };

template <>
struct EnumNames<Format> {
  static constexpr std::array names{"table", "md", "csv", "json"};
};

// Who sees a column: people in text, Markdown and pages; programs in CSV and JSON.
enum class Audience : uint8_t { all, people, programs };

struct Column {
  std::string name;      // key in JSON, header in CSV
  std::string header{};  // shown to people; empty: the name
  double scale = 1;      // shown = value * scale, so that a header can say "params M" or "latency ms"
  int digits = -1;       // after the point; -1: whole numbers as they are, others with 4 significant digits
  Audience audience = Audience::all;
  bool right = false;  // text at the right; numbers always are
};

struct Table {
  std::string title{};
  std::vector<Column> columns{};
  std::vector<std::vector<Json>> rows{};  // null: not known, shown as "-"
  std::vector<std::string> footnotes{};
};

Format parse_format(const std::string& name);  // UsageError that lists the four names

// Several tables of one result: one after another for people, one list of rows for programs.
std::string to_text(const std::vector<Table>& tables, Format format);
std::string to_text(const Table& table, Format format);
Json rows_json(const Table& table);  // [{column: value, ...}, ...]

// A cell and a header as people see them, and whether they stand at the right.
std::string shown(const Json& cell, const Column& column);
std::string header_of(const Column& column);
bool at_right(const Table& table, size_t column);

std::string escape_html(const std::string& text);

}  // namespace mds
