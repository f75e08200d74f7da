// The small parts of pages. All text passes escape_html or embedded_json first: names, captions and specs from a
// database are data, never markup.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/table.h"

namespace mds {

struct TableLook {
  bool filtered = false;  // with fields to filter the rows
  // The id, without #, of the section that a row's first cell links to; empty: no link.
  std::function<std::string(const std::vector<Json>& row)> section_of{};
};

// A column "X_ci" is shown in the cell of "X". Rows with state stopped or failed are greyed. Cells carry their raw
// value for sorting and, where "scores" or rounding hides something, a text that is shown on hover.
std::string html_table(const Table& table, const TableLook& look = {});

bool is_choice(const Column& column);  // of a search space: its column has a filter

std::string section(const std::string& id, const std::string& title, const std::string& body);  // "" for an empty body
std::string details(const std::string& summary, const std::string& body);
// Text to copy and, where `file` names a file, to save.
std::string take_away(const std::string& text, const std::string& file = "");
// JSON of any origin, indented; where it is not valid, a sentence that says so and the text unchanged.
std::string indented(const std::string& json, const std::string& file = "");

// A plot in the form that page/plots.js describes. `caption` is HTML.
std::string plot_figure(const Json& plot, const std::string& caption, const std::string& id = "");
// A copy of the plot in figure `of`, in which only one candidate has its colour.
std::string plot_copy(const std::string& of, const std::string& candidate, const std::string& caption);
// JSON for a script element; no text in it can end the element.
std::string embedded_json(const Json& json);

std::string base64(const std::string& bytes);
std::string data_uri(const std::string& mime, const std::string& bytes);
std::string picture_type(const std::string& bytes);  // from the first bytes; "" if not PNG, JPEG or WebP

}  // namespace mds
