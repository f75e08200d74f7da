#include "reports/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "spec/error.h"
#include "spec/printable.h"

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

std::string markdown(const std::string& text) {
  return replaced(replaced(replaced(one_line(text), "\\", "\\\\"), "|", "\\|"), "<", "&lt;");
}

std::string csv(const std::string& text) {
  return text.find_first_of(",\"\n") == std::string::npos ? text : "\"" + replaced(text, "\"", "\"\"") + "\"";
}

std::string raw(const Json& cell) {
  if (cell.is_null()) return "";
  return cell.is_string() ? cell.get<std::string>() : cell.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A text that a spreadsheet would run as a formula gets an apostrophe in front, the spreadsheets' own quoting.
std::string csv_cell(const Json& cell) {
  const std::string text = printable(raw(cell));
  const bool formula = cell.is_string() && !text.empty() && std::string_view("=+-@").find(text[0]) != std::string::npos;
  return csv((formula && text != "-" ? "'" : "") + text);  // a lone "-" stands for nothing
}

std::string markdown_text(const Table& table) {
  std::string out = table.title.empty() ? "" : "## " + markdown(table.title) + "\n";
  std::string header = "|", rule = "|";
  std::vector<std::string> lines(table.rows.size(), "|");
  for (size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].audience == Audience::programs) continue;
    header += " " + markdown(header_of(table.columns[c])) + " |";
    rule += at_right(table, c) ? "---:|" : "---|";
    for (size_t r = 0; r < lines.size(); ++r)
      lines[r] += " " + markdown(shown(table.rows[r][c], table.columns[c])) + " |";
  }
  if (!lines.empty()) out += (out.empty() ? "" : "\n") + header + "\n" + rule + "\n";
  for (const auto& line : lines) out += line + "\n";
  for (const auto& note : table.footnotes) out += (out.empty() ? "" : "\n") + markdown(note) + "\n";
  return out;
}

// An object becomes one column for each of its values, "scores.fd.value": all keys found in any row, in order. A list
// stays one cell.
void add_flat(Json& values, const std::string& name, const Json& cell) {
  if (!cell.is_object()) return void(values[name] = cell);
  for (const auto& [key, value] : cell.items()) add_flat(values, name + "." + key, value);
}

Json flat(const Json& row) {
  Json values = Json::object();
  for (const auto& [name, cell] : row.items()) add_flat(values, name, cell);
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
      for (const auto& row : rows)
        for (const auto& [name, value] : row.items())
          if (name.starts_with(column.name + ".")) add(name);
      const bool expanded =
          std::ranges::any_of(names, [&](const std::string& name) { return name.starts_with(column.name + "."); });
      // Rows of other tables may lack the column.
      const bool plain = std::ranges::any_of(rows, [&](const Json& row) { return row.contains(column.name); });
      if (plain && !expanded) add(column.name);
    }
  return names;
}

std::string csv_text(const std::vector<Table>& tables) {
  std::vector<Json> rows;
  for (const auto& table : tables)
    for (const auto& row : rows_json(table)) rows.push_back(flat(row));
  const auto names = csv_columns(tables, rows);
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + csv(one_line(name));
  out += "\n";
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < names.size(); ++i) line += (i ? "," : "") + csv_cell(row.value(names[i], Json()));
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
    if (name == EnumNames<Format>::names[i]) return Format(i);
  throw RequestError("`format` " + name + ": valid: table, md, csv, json");
}

std::string shown(const Json& cell, const Column& column) {
  if (cell.is_null()) return "-";
  if (cell.is_boolean()) return cell.get<bool>() ? "yes" : "no";
  if (cell.is_number_integer() && column.scale == 1 && column.digits < 0) return cell.dump();
  if (cell.is_number()) return number(cell.get<double>() * column.scale, column);
  return column.letters > 0 ? raw(cell).substr(0, column.letters) : raw(cell);
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

Column interval_column(const std::string& name, Audience audience) {
  return {.name = name, .header = "95%", .audience = audience, .right = true, .weight = Weight::minor, .follows = true};
}

std::string to_text(const std::vector<Table>& given, Format format, const View& view) {
  const std::vector<Table> tables = in_view(given, view);
  if (format == Format::csv) return csv_text(tables);
  if (format == Format::json) return json_text(tables);
  std::string out;
  for (const auto& table : tables)
    out += (out.empty() ? "" : "\n") + (format == Format::md ? markdown_text(table) : aligned_text(table, view));
  return out;
}

std::string to_text(const Table& table, Format format, const View& view) {
  return to_text(std::vector<Table>{table}, format, view);
}

std::string escape_html(const std::string& text) {
  return replaced(replaced(replaced(replaced(replaced(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"), "\"", "&quot;"),
                  "'", "&#39;");
}

}  // namespace mds
