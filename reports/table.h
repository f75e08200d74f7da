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

struct Column {
  std::string name;      // key in JSON, header in CSV
  std::string header{};  // shown to people; empty: the name
  double scale = 1;      // shown = value * scale, so that a header can say "params M" or "latency ms"
  int digits = -1;       // after the point; -1: whole numbers as they are, others with 4 significant digits
  bool hidden = false;   // in CSV and JSON only
};

struct Table {
  std::string title{};
  std::vector<Column> columns{};
  std::vector<std::vector<Json>> rows{};  // null: not known, shown as "-"
  std::vector<std::string> footnotes{};
};

Format parse_format(const std::string& name);  // UsageError that lists the four names

std::string to_text(const Table& table, Format format);
Json rows_json(const Table& table);  // [{column: value, ...}, ...]
std::string shown(const Json& cell, const Column& column);

std::string escape_html(const std::string& text);

}  // namespace mds
