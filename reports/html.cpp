#include "reports/html.h"

#include <algorithm>
#include <optional>

#include "spec/error.h"

namespace mds {
namespace {

using Row = std::vector<Json>;

std::string attribute(const std::string& name, const std::string& value) {
  return value.empty() ? "" : " " + name + "=\"" + escape_html(value) + "\"";
}

std::optional<size_t> place_of(const Table& table, const std::string& name) {
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].name == name) return c;
  return std::nullopt;
}

// Null where the table has no such column.
Json value_of(const Table& table, const Row& row, const std::string& name) {
  const auto place = place_of(table, name);
  return place ? row[*place] : Json();
}

std::string row_class(const Table& table, const Row& row) {
  if (value_of(table, row, "literature") == true) return "literature";
  const Json state = value_of(table, row, "state");
  if (state == "stopped" || state == "failed") return "quiet";
  return value_of(table, row, "front") == true ? "front" : "";
}

bool is_interval_of_another(const Table& table, size_t column) {
  const std::string& name = table.columns[column].name;
  return name.ends_with("_ci") && place_of(table, name.substr(0, name.size() - 3));
}

bool shows(const Table& table, size_t column) {
  return table.columns[column].audience != Audience::programs && !is_interval_of_another(table, column);
}

// What the cell's text leaves out: for a score its interval and circumstances, for a number its digits.
std::string hover_text(const Table& table, const Row& row, size_t column) {
  const Json scores = value_of(table, row, "scores");
  const std::string& name = table.columns[column].name;
  if (scores.is_object() && scores.contains(name) && scores[name].is_object()) {
    const Json& score = scores[name];
    std::string text = name + " " + shown(score.value("value", Json()), {});
    if (score.contains("low") && !score["low"].is_null())
      text += "\n95% interval " + shown(score["low"], {}) + " to " + shown(score.value("high", Json()), {});
    return text + "\nn = " + shown(score.value("n", Json()), {}) + ", iteration " +
           shown(score.value("iteration", Json()), {});
  }
  if (name == "latency_ms" && !row[column].is_null()) {
    const auto words = [&](const std::string& key) { return shown(value_of(table, row, key), {}); };
    return shown(row[column], {}) + " ms, sum of blocks, " + words("latency_mark") + "\n" + words("latency_setting");
  }
  return row[column].is_number() && table.columns[column].scale != 1 ? row[column].dump() : "";
}

std::string head_cell(const Table& table, size_t column) {
  std::string classes = at_right(table, column) ? "r" : "";
  if (is_choice(table.columns[column])) classes += " choice";
  return "<th scope=\"col\"" + attribute("class", classes) + ">" + escape_html(header_of(table.columns[column])) +
         "</th>";
}

std::string body_cell(const Table& table, const Row& row, size_t column) {
  const std::string text = shown(row[column], table.columns[column]);
  const bool right = at_right(table, column);
  std::string out = "<td" + attribute("class", right ? "r" : text.size() > 60 ? "long" : "");
  if (row[column].is_number()) out += attribute("data-v", row[column].dump());
  out += attribute("data-tip", hover_text(table, row, column)) + ">" + escape_html(text);
  const auto interval = place_of(table, table.columns[column].name + "_ci");
  if (interval && !row[*interval].is_null())
    out += "<small>" + escape_html(shown(row[*interval], table.columns[*interval])) + "</small>";
  return out + "</td>";
}

std::string linked_cell(const Table& table, const Row& row, size_t column, const std::string& target) {
  if (target.empty()) return body_cell(table, row, column);
  return "<td><i class=\"dot\"></i><a href=\"#" + escape_html(target) + "\">" +
         escape_html(shown(row[column], table.columns[column])) + "</a></td>";
}

}  // namespace

std::string html_table(const Table& table, const TableLook& look) {
  std::vector<size_t> columns;
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (shows(table, c)) columns.push_back(c);
  std::string out = std::string("<div class=\"wide\" tabindex=\"0\" role=\"region\"") +
                    attribute("aria-label", table.title.empty() ? "Table" : table.title) + "><table" +
                    (look.filtered ? " class=\"filtered\"" : "") + ">\n";
  if (!table.title.empty()) out += "<caption>" + escape_html(table.title) + "</caption>\n";
  out += "<thead><tr>";
  for (const size_t c : columns) out += head_cell(table, c);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    const std::string target = look.section_of ? look.section_of(row) : "";
    out += "<tr" + attribute("class", row_class(table, row)) + attribute("data-c", target) + ">";
    for (const size_t c : columns)
      out += c == columns[0] ? linked_cell(table, row, c, target) : body_cell(table, row, c);
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  for (const auto& note : table.footnotes) out += "<p class=\"note\">" + escape_html(note) + "</p>\n";
  return out;
}

bool is_choice(const Column& column) { return column.name.starts_with("choices."); }

std::string section(const std::string& id, const std::string& title, const std::string& body) {
  return body.empty()
             ? ""
             : "<section" + attribute("id", id) + ">\n<h2>" + escape_html(title) + "</h2>\n" + body + "</section>\n";
}

std::string details(const std::string& summary, const std::string& body) {
  return "<details><summary>" + escape_html(summary) + "</summary>" + body + "</details>\n";
}

std::string take_away(const std::string& text, const std::string& file) {
  return "<div class=\"take\"" + attribute("data-file", file) + "><pre tabindex=\"0\">" + escape_html(text) +
         "</pre></div>\n";
}

std::string indented(const std::string& json, const std::string& file) {
  try {
    return take_away(parse_json(json, "text").dump(2), file);
  } catch (const ConfigError& error) {
    return "<p class=\"note\">It cannot be read as JSON: " + escape_html(error.what()) + "</p>\n" +
           take_away(json.size() > 2000 ? json.substr(0, 2000) + " ..." : json);
  }
}

std::string embedded_json(const Json& json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace), safe;
  for (const char c : text) safe += c == '<' ? "\\u003c" : std::string(1, c);
  return "<script type=\"application/json\">" + safe + "</script>";
}

std::string plot_figure(const Json& plot, const std::string& caption, const std::string& id) {
  return "<figure class=\"plot\"" + attribute("id", id) + "><figcaption>" + caption + "</figcaption>" +
         embedded_json(plot) + "</figure>\n";
}

std::string plot_copy(const std::string& of, const std::string& candidate, const std::string& caption) {
  return "<figure class=\"plot\"" + attribute("data-of", of) + attribute("data-only", candidate) + "><figcaption>" +
         caption + "</figcaption></figure>\n";
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

std::string data_uri(const std::string& mime, const std::string& bytes) {
  return "data:" + escape_html(mime) + ";base64," + base64(bytes);
}

std::string picture_type(const std::string& bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  return bytes.starts_with("RIFF") && bytes.compare(8, 4, "WEBP") == 0 ? "image/webp" : "";
}

}  // namespace mds
