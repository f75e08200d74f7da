// Reads and writes described rows (column.h). Columns and members are matched by name alone.
#pragma once

#include "search/store/column.h"
#include "search/store/database.h"

namespace mds {

// --- writing ---------------------------------------------------------------------------------------------------------

// The number of the row in whose column the value stands; StoreError where there is none.
int64_t number_of(const Database& database, const std::string& table, const std::string& column,
                  const std::string& value);

// Rows as their cells, in the order of the table's columns; references are numbers. A row whose key is there already is
// not changed by another.
void insert_cells(Database& database, const StoredTable& table, const std::vector<Value>& cells);
// The number of the row with the key of these cells, if there is one.
std::optional<int64_t> find_cells(const Database& database, const StoredTable& table, const std::vector<Value>& cells);

template <class Row>
std::vector<Value> cells_of(const Database& database, const Row& row) {
  std::vector<Value> cells;
  for_each_column(row, [&]<class T>(const char*, const T& member, const ColumnTraits& traits) {
    if (traits.number) return;
    if (traits.nullable && member == T{}) return void(cells.emplace_back());
    if constexpr (std::is_same_v<T, std::string>) {
      if (traits.bytes) return void(cells.emplace_back(Bytes{member}));
      if (traits.by) return void(cells.emplace_back(number_of(database, traits.parent, traits.by, member)));
    }
    cells.push_back(to_value(member));
  });
  return cells;
}

template <class Row>
void insert(Database& database, const Row& row) {
  database.transaction([&] { insert_cells(database, table_of<Row>(), cells_of(database, row)); });
}

// The same; returns the number of the row, new or not. It is valid in this file only.
template <class Row>
int64_t insert_numbered(Database& database, const Row& row) {
  return database.transaction([&] {
    const auto cells = cells_of(database, row);
    insert_cells(database, table_of<Row>(), cells);
    return find_cells(database, table_of<Row>(), cells).value();
  });
}

// The number of the stored row with the same key, if there is one.
template <class Row>
std::optional<int64_t> find_row(const Database& database, const Row& row) {
  return find_cells(database, table_of<Row>(), cells_of(database, row));
}

// --- reading ---------------------------------------------------------------------------------------------------------

// How a column is selected: a reference as the column of its parent that the member holds.
std::string selected(const std::string& table, const char* name, const ColumnTraits& traits);

// The rows of "SELECT columns FROM ..."; `from` begins with FROM. The names of a struct that is no table's row are
// columns of what the query joins ("device.model").
template <class Row, class... Arguments>
std::vector<Row> query_rows(const Database& database, const std::string& from, const Arguments&... arguments) {
  Query query{.arguments = {to_value(arguments)...}};
  std::string table;
  if constexpr (requires { Row::table; }) table = Row::table.name;
  const Row none{};
  for_each_column(none, [&]<class T>(const char* name, const T&, const ColumnTraits& traits) {
    query.sql += (query.sql.empty() ? "SELECT " : ", ") + selected(table, name, traits);
    query.types.push_back(traits.bytes ? CellType::bytes : cell_type<T>());
  });
  query.sql += " " + from;
  std::vector<Row> rows;
  database.query(query, [&](const std::vector<Value>& cells) {
    size_t at = 0;
    for_each_column(rows.emplace_back(),
                    [&]<class T>(const char*, T& member, const ColumnTraits&) { member = from_value<T>(cells[at++]); });
  });
  return rows;
}

// The rows of a table for which `where` holds, in its order: "WHERE run_id = :run ORDER BY iteration".
template <class Row, class... Arguments>
std::vector<Row> stored_rows(const Database& database, const std::string& where, const Arguments&... arguments) {
  return query_rows<Row>(database, std::string("FROM ") + Row::table.name + " " + where, arguments...);
}

}  // namespace mds
