#include "search/store/row.h"

#include <cstring>

#include "search/store/dialect.h"
#include "search/store/select.h"

namespace mds {

int64_t number_of(const Database& database, const std::string& table, const std::string& column,
                  const std::string& value) {
  const auto found =
      select<int64_t>(database, "SELECT " + table + "_id FROM " + table + " WHERE " + column + " = :value", value);
  if (found.empty()) database.fail("holds no " + table + " with " + column + " " + value);
  return std::get<0>(found.front());
}

void insert_cells(Database& database, const StoredTable& table, const std::vector<Value>& cells) {
  std::string names, values;
  for (const auto& column : table.columns) {
    names += (names.empty() ? "" : ", ") + column.name;
    values += (values.empty() ? ":" : ", :") + column.name;
  }
  database.run("INSERT INTO " + table.name() + "(" + names + ") VALUES(" + values + ") ON CONFLICT DO NOTHING", cells);
}

std::optional<int64_t> find_cells(const Database& database, const StoredTable& table, const std::vector<Value>& cells) {
  Query query{.sql = "SELECT " + table.number() + " FROM " + table.name(), .types = {CellType::integer}};
  for (size_t i = 0; i < cells.size(); ++i) {
    const StoredColumn& column = table.columns[i];
    if (!column.traits.key) continue;
    query.sql += (query.arguments.empty() ? " WHERE " : " AND ") +
                 (column.optional ? database.dialect().same(column.name, ":" + column.name)
                                  : column.name + " = :" + column.name);
    query.arguments.push_back(cells[i]);
  }
  std::optional<int64_t> number;
  database.query(query, [&](const std::vector<Value>& row) { number = std::get<int64_t>(row.front()); });
  return number;
}

std::string selected(const std::string& table, const char* name, const ColumnTraits& traits) {
  if (!traits.by) return name;
  const std::string parent = traits.parent, column = name, alias = column.substr(0, column.rfind("_id"));
  return "(SELECT " + std::string(traits.by) + " FROM " + parent + " WHERE " + parent + "_id = " + table + "." +
         column + ") AS " + alias;
}

}  // namespace mds
