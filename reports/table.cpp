#include "reports/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "spec/error.h"

namespace mds {
namespace {

std::string number(double value, const Column& column) {
  if (!std::isfinite(value)) return "-";
  char text[64];
  if (column.digits >= 0)
    std::snprintf(text, sizeof text, "%.*f", column.digits, value);
  else
    std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string one_line(const std::string& text) {
  std::string line = text;
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return line;
}

std::string markdown(const std::string& text) {
  return replaced(replaced(replaced(one_line(text), "\\", "\\\\"), "|", "\\|"), "<", "&lt;");
}

std::string csv(const std::string& text) {
  return text.find_first_of(",\"\r\n") == std::string::npos ? text : "\"" + replaced(text, "\"", "\"\"") + "\"";
}

std::string raw(const Json& cell) {
  if (cell.is_null()) return "";
  return cell.is_string() ? cell.get<std::string>() : cell.dump();
}

size_t width(const std::string& utf8) {
  return size_t(std::count_if(utf8.begin(), utf8.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

struct Shown {
  std::string text;
  bool right = false;
  size_t width = 0;
};

// Header line and rows as people see them, one `Shown` a visible cell, widths equal down each column.
std::vector<std::vector<Shown>> layout(const Table& table, bool as_markdown) {
  std::vector<std::vector<Shown>> lines(table.rows.size() + 1);
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table.columns[c];
    if (column.audience == Audience::programs) continue;
    const bool right = at_right(table, c);
    size_t widest = 0;
    for (size_t r = 0; r < lines.size(); ++r) {
      const std::string text = r == 0 ? header_of(column) : shown(table.rows[r - 1][c], column);
      lines[r].push_back({as_markdown ? markdown(text) : one_line(text), right});
      widest = std::max(widest, width(lines[r].back().text));
    }
    for (auto& line : lines) line.back().width = widest;
  }
  return lines;
}

std::string padded(const Shown& cell) {
  const std::string space(cell.width - width(cell.text), ' ');
  return cell.right ? space + cell.text : cell.text + space;
}

std::string aligned_text(const Table& table) {
  std::string out = table.title.empty() ? "" : table.title + "\n\n";
  const auto lines = layout(table, /*as_markdown=*/false);
  for (size_t r = 0; r < lines.size(); ++r) {
    std::string line;
    size_t total = 0;
    for (const auto& cell : lines[r]) {
      line += (line.empty() ? "" : "  ") + padded(cell);
      total += cell.width + (total ? 2 : 0);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (r == 0) out += std::string(total, '-') + "\n";
  }
  if (!table.footnotes.empty()) out += "\n";
  for (const auto& note : table.footnotes) out += note + "\n";
  return out;
}

std::string markdown_text(const Table& table) {
  std::string out = table.title.empty() ? "" : "## " + markdown(table.title) + "\n\n";
  const auto lines = layout(table, /*as_markdown=*/true);
  for (size_t r = 0; r < lines.size(); ++r) {
    out += "|";
    for (const auto& cell : lines[r]) out += " " + cell.text + " |";
    out += "\n";
    if (r > 0) continue;
    out += "|";
    for (const auto& cell : lines[0]) out += cell.right ? "---:|" : "---|";
    out += "\n";
  }
  for (const auto& note : table.footnotes) out += "\n" + markdown(note) + "\n";
  return out;
}

// Objects become one column for each of their values, "scores.fd.value": the keys found in any row, in order.
Json flat(const Json& row) {
  Json values = Json::object();
  for (const auto& [name, cell] : row.items()) {
    if (!cell.is_structured()) {
      values[name] = cell;
      continue;
    }
    const Json leaves = cell.flatten();
    for (const auto& [pointer, value] : leaves.items()) values[name + replaced(pointer, "/", ".")] = value;
  }
  return values;
}

std::vector<std::string> csv_columns(const std::vector<Table>& tables, const std::vector<Json>& rows) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const auto& table : tables)
    for (const auto& column : table.columns) {
      if (column.audience == Audience::people) continue;
      const bool expanded =
          std::any_of(rows.begin(), rows.end(), [&](const Json& row) { return !row.contains(column.name); });
      if (!expanded) add(column.name);
      for (const auto& row : rows)
        for (const auto& [name, value] : row.items())
          if (expanded && name.starts_with(column.name + ".")) add(name);
    }
  return names;
}

std::string csv_text(const std::vector<Table>& tables) {
  std::vector<Json> rows;
  for (const auto& table : tables)
    for (const auto& row : rows_json(table)) rows.push_back(flat(row));
  const auto names = csv_columns(tables, rows);
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + csv(name);
  out += "\n";
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < names.size(); ++i) line += (i ? "," : "") + csv(raw(row.value(names[i], Json())));
    out += line + "\n";
  }
  return out;
}

std::string json_text(const std::vector<Table>& tables) {
  Json rows = Json::array(), notes = Json::array();
  for (const auto& table : tables) {
    for (auto& row : rows_json(table)) rows.push_back(std::move(row));
    for (const auto& note : table.footnotes)
      if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
  }
  Json json = {{"rows", std::move(rows)}};
  if (!notes.empty()) json["notes"] = std::move(notes);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Format parse_format(const std::string& name) {
  for (size_t i = 0; i < EnumNames<Format>::names.size(); ++i)
    if (name == EnumNames<Format>::names[i]) return static_cast<Format>(i);
  throw UsageError("--format " + name + ": valid: table, md, csv, json");
}

std::string shown(const Json& cell, const Column& column) {
  if (cell.is_null()) return "-";
  if (cell.is_boolean()) return cell.get<bool>() ? "yes" : "no";
  if (cell.is_number_integer() && column.scale == 1 && column.digits < 0) return cell.dump();
  if (cell.is_number()) return number(cell.get<double>() * column.scale, column);
  return raw(cell);
}

std::string header_of(const Column& column) { return column.header.empty() ? column.name : column.header; }

bool at_right(const Table& table, size_t column) {
  return table.columns[column].right || std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
           return row[column].is_null() || row[column].is_number();
         });
}

Json rows_json(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json object = Json::object();
    for (size_t c = 0; c < row.size(); ++c)
      if (table.columns[c].audience != Audience::people) object[table.columns[c].name] = row[c];
    rows.push_back(std::move(object));
  }
  return rows;
}

std::string to_text(const std::vector<Table>& tables, Format format) {
  if (format == Format::csv) return csv_text(tables);
  if (format == Format::json) return json_text(tables);
  std::string out;
  for (const auto& table : tables)
    out += (out.empty() ? "" : "\n") + (format == Format::md ? markdown_text(table) : aligned_text(table));
  return out;
}

std::string to_text(const Table& table, Format format) { return to_text(std::vector<Table>{table}, format); }

std::string escape_html(const std::string& text) {
  return replaced(replaced(replaced(replaced(replaced(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"), "\"", "&quot;"),
                  "'", "&#39;");
}

}  // namespace mds
