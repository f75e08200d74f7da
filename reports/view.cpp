#include "reports/view.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>

#include "reports/table.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr size_t width_min = 20, width_max = 1000;
constexpr size_t brief_least = 3, brief_most = 6;

std::string without_arrow(const std::string& header) {
  for (const std::string arrow : {" ↓", " ↑"})
    if (header.ends_with(arrow)) return header.substr(0, header.size() - arrow.size());
  return header;
}

// Finds a column by its name, else by its header without the arrow for the better direction.
std::optional<size_t> find_column(const Table& table, const std::string& wanted) {
  const auto by = [&](auto matches) -> std::optional<size_t> {
    const auto at = std::find_if(table.columns.begin(), table.columns.end(), matches);
    return at == table.columns.end() ? std::nullopt : std::optional(size_t(at - table.columns.begin()));
  };
  const auto named = by([&](const Column& column) { return column.name == wanted; });
  return named ? named : by([&](const Column& column) { return without_arrow(header_of(column)) == wanted; });
}

void require_known(const std::vector<Table>& tables, const std::string& flag, const std::string& wanted) {
  std::vector<std::string> names;
  for (const auto& table : tables) {
    if (find_column(table, wanted)) return;
    for (const auto& column : table.columns)
      if (std::find(names.begin(), names.end(), column.name) == names.end()) names.push_back(column.name);
  }
  throw RequestError(flag + " " + wanted + ": there is no such column; valid: " + listed(names));
}

Table with_columns(const Table& table, const std::vector<size_t>& chosen) {
  Table narrower{.title = table.title, .columns = {}, .rows = {}, .footnotes = table.footnotes};
  narrower.rows.resize(table.rows.size());
  for (const size_t c : chosen) {
    narrower.columns.push_back(table.columns[c]);
    for (size_t r = 0; r < table.rows.size(); ++r) narrower.rows[r].push_back(table.rows[r][c]);
  }
  return narrower;
}

// Columns asked for by name are shown to people and programs.
Table selected(const Table& table, const std::vector<std::string>& names) {
  std::vector<size_t> chosen;
  for (const auto& name : names)
    if (const auto column = find_column(table, name)) chosen.push_back(*column);
  Table narrower = with_columns(table, chosen);
  for (auto& column : narrower.columns) column.audience = Audience::all;
  return narrower;
}

Table brief(const Table& table) {
  std::vector<size_t> order(table.columns.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::erase_if(order, [&](size_t c) { return table.columns[c].audience == Audience::programs; });
  const auto weight = [&](size_t c) { return table.columns[c].weight; };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return weight(a) > weight(b); });
  size_t count = std::min(brief_most, order.size());
  while (count > brief_least && weight(order[count - 1]) < Weight::major) --count;
  order.resize(count);
  std::sort(order.begin(), order.end());
  return with_columns(table, order);
}

// Numbers come before texts; unknown values come last in both directions.
void sort_rows(Table& table, size_t column, bool descending) {
  const auto rank = [](const Json& cell) { return cell.is_null() ? 2 : cell.is_number() ? 0 : 1; };
  std::stable_sort(table.rows.begin(), table.rows.end(), [&](const auto& row_a, const auto& row_b) {
    const Json &a = row_a[column], &b = row_b[column];
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return descending ? b < a : a < b;
  });
}

}  // namespace

size_t output_width() {
  const char* text = std::getenv("COLUMNS");
  char* end = nullptr;
  const long columns = text ? std::strtol(text, &end, 10) : 0;
  const auto is_sane = [](long width) { return width >= long(width_min) && width <= long(width_max); };
  if (text && *text != '\0' && *end == '\0' && is_sane(columns)) return size_t(columns);
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && is_sane(size.ws_col)) return size.ws_col;
  return default_width;
}

std::vector<Table> in_view(std::vector<Table> tables, const View& view) {
  const bool all = view.columns == std::vector<std::string>{"all"};
  const bool descending = view.sort.starts_with('-');
  const std::string key = view.sort.substr(descending ? 1 : 0);
  if (!all)
    for (const auto& name : view.columns) require_known(tables, "`columns`", name);
  if (!view.sort.empty()) require_known(tables, "`sort`", key);
  for (auto& table : tables) {
    if (const auto column = find_column(table, key); column && !view.sort.empty())
      sort_rows(table, *column, descending);
    if (!all && !view.columns.empty()) table = selected(table, view.columns);
    if (view.brief) table = brief(table);
  }
  return tables;
}

}  // namespace mds
