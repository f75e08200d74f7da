// The small parts that pages are made of. Every text that enters passes escape_html or embedded_json: names, captions
// and specs from a database are data, never markup.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/table.h"

namespace mds {

struct TableLook {
  bool filtered = false;  // with fields that filter its rows
  // The id of the section that a row's first cell leads to, without #; empty: none.
  std::function<std::string(const std::vector<Json>& row)> section_of{};
};

// A column "X_ci" stands in the cell of "X". Rows whose state is stopped or failed are quiet. Cells carry their raw
// value to sort by and, where "scores" or the rounding hides something, a text that shows on hover.
std::string html_table(const Table& table, const TableLook& look = {});

bool is_choice(const Column& column);  // of a search space: its cells can be filtered by value

std::string section(const std::string& id, const std::string& title, const std::string& body);  // "" when body is
std::string details(const std::string& summary, const std::string& body);
// Text to copy and, where `file` names it, to save.
std::string take_away(const std::string& text, const std::string& file = "");
// JSON of any origin, indented; where it cannot be read, a sentence that says so and the text as it is.
std::string indented(const std::string& json, const std::string& file = "");

// A plot in the form that page/plots.js describes. `caption` is HTML.
std::string plot_figure(const Json& plot, const std::string& caption, const std::string& id = "");
// The plot of the figure `of` once more, with one candidate alone in colour.
std::string plot_copy(const std::string& of, const std::string& candidate, const std::string& caption);
// JSON inside a script element, which no text in it can end.
std::string embedded_json(const Json& json);

std::string base64(const std::string& bytes);
std::string data_uri(const std::string& mime, const std::string& bytes);
std::string picture_type(const std::string& bytes);  // MIME type by the first bytes; empty when none of PNG, JPEG, WebP

}  // namespace mds
