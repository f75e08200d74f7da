// The small parts of a page: tables, data URIs. Every text from a database passes escape_html.
#include <algorithm>

#include "reports/page.h"

namespace mds {
namespace {

// The row's cell of a yes-or-no column, false where there is no such column.
bool flag(const Table& table, const std::vector<Json>& row, const std::string& name) {
  for (size_t c = 0; c < row.size(); ++c)
    if (table.columns[c].name == name) return row[c].is_boolean() && row[c].get<bool>();
  return false;
}

std::string row_class(const Table& table, const std::vector<Json>& row) {
  if (flag(table, row, "literature")) return " class=\"literature\"";
  return flag(table, row, "front") ? " class=\"front\"" : "";
}

std::string cell(const std::string& tag, const std::string& text, bool right) {
  return "<" + tag + (right ? " class=\"r\">" : ">") + escape_html(text) + "</" + tag + ">";
}

}  // namespace

std::string html_table(const Table& table) {
  std::string out = "<div class=\"wide\"><table>\n";
  if (!table.title.empty()) out += "<caption>" + escape_html(table.title) + "</caption>\n";
  out += "<thead><tr>";
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].audience != Audience::programs)
      out += cell("th", header_of(table.columns[c]), at_right(table, c));
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr" + row_class(table, row) + ">";
    for (size_t c = 0; c < row.size(); ++c)
      if (table.columns[c].audience != Audience::programs)
        out += cell("td", shown(row[c], table.columns[c]), at_right(table, c));
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  for (const auto& note : table.footnotes) out += "<p class=\"note\">" + escape_html(note) + "</p>\n";
  return out;
}

std::string base64(const std::string& bytes) {
  constexpr const char* letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? letters[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string picture_type(const std::string& bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  return bytes.starts_with("RIFF") && bytes.compare(8, 4, "WEBP") == 0 ? "image/webp" : "";
}

}  // namespace mds
