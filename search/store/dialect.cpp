#include "search/store/dialect.h"

#include <algorithm>

#include "spec/listed.h"

namespace mds {
namespace {

std::string check_of(const StoredColumn& column) {
  if (column.traits.check) return column.traits.check;
  if (column.is_bool) return column.name + " IN (0, 1)";
  if (column.allowed.empty()) return "";
  return column.name + " IN (" + listed(column.allowed, [](const auto& name) { return "'" + name + "'"; }) + ")";
}

}  // namespace

// The column with its constraints; `key` says what it is where it alone is the key.
std::string SqlDialect::definition_of(const StoredColumn& column, const std::string& key) const {
  std::string text = column.name + " " + type_of(column.type);
  if (!column.optional && key != " PRIMARY KEY") text += " NOT NULL";
  text += key;
  if (const std::string check = check_of(column); !check.empty()) text += " CHECK(" + check + ")";
  if (column.traits.fallback) text += std::string(" DEFAULT ") + column.traits.fallback;
  if (column.traits.parent) text += std::string(" REFERENCES ") + column.traits.parent;
  return text;
}

// NULL differs from NULL in the key of a table, and a key of long text needs another form.
bool SqlDialect::indexes_key_apart(const StoredTable& table) const {
  return std::ranges::any_of(table.columns, [&](const auto& column) {
    return column.traits.key && (column.optional || indexed(column) != column.name);
  });
}

std::string SqlDialect::create_key_index(const StoredTable& table) const {
  if (!indexes_key_apart(table)) return "";
  std::vector<std::string> key;
  for (const auto& column : table.columns)
    if (column.traits.key) key.push_back(column.optional ? "coalesce(" + column.name + ", 0)" : indexed(column));
  return "CREATE UNIQUE INDEX " + table.name() + "_key ON " + table.name() + "(" + listed(key) + ")";
}

std::string SqlDialect::create_table(const StoredTable& table) const {
  const bool numbered = table.traits.storage == Storage::numbered;
  std::vector<std::string> lines, key;
  for (const auto& column : table.columns)
    if (column.traits.key) key.push_back(column.name);
  if (numbered) lines.push_back(table.number() + " " + row_number() + " PRIMARY KEY");
  const std::string kind = numbered ? "UNIQUE" : "PRIMARY KEY";
  for (const auto& column : table.columns)
    lines.push_back(definition_of(column, column.traits.key && key.size() == 1 ? " " + kind : ""));
  if (table.traits.check) lines.push_back(std::string("CHECK(") + table.traits.check + ")");
  if (key.size() > 1 && !indexes_key_apart(table)) lines.push_back(kind + "(" + listed(key) + ")");
  return "CREATE TABLE " + table.name() + "(\n  " + listed(lines, std::identity{}, ",\n  ") + ")" + end_of_table(table);
}

const SqlDialect& dialect_of(const std::string& address) {
  const bool server = address.starts_with("postgresql://") || address.starts_with("postgres://");
  return server ? postgresql() : sqlite();
}

}  // namespace mds
