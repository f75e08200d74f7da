#include "search/store/inspection.h"

#include <array>

#include "search/store/dialect.h"
#include "search/store/schema.h"
#include "search/store/select.h"
#include "spec/error.h"

namespace mds {

namespace {

int64_t number(const Database& database, const std::string& sql) {
  return std::get<0>(select<int64_t>(database, sql).front());
}

}  // namespace

StoreInfo info_of(const Database& database) {
  StoreInfo info{.file = database.file(), .schema_version = database.version()};
  for (const auto& table : tables())
    info.tables.push_back({table.name(), number(database, "SELECT count(*) FROM " + table.name())});
  info.bytes = number(database, database.dialect().bytes_of_database());
  return info;
}

namespace {

// What the database says of the table or, where it has no name, of all. A check may end where it meets the damage.
std::vector<std::string> damage_in(const Database& database, const std::string& table) try {
  std::vector<std::string> damage;
  const std::string place = table.empty() ? "" : "table " + table + ": ";
  for (const auto& [text] : select<std::string>(database, database.dialect().integrity_check(table)))
    if (text != "ok") damage.push_back(place + text);
  return damage;
} catch (const StoreError&) {
  return {table.empty() ? "a page cannot be read" : "table " + table + ": a page cannot be read"};
}

}  // namespace

std::vector<std::string> damage_of(const Database& database) {
  const auto all = damage_in(database, "");
  if (all.empty()) return {};
  std::vector<std::string> by_table;
  for (const auto& table : tables())
    for (auto& damage : damage_in(database, table.name())) by_table.push_back(std::move(damage));
  return by_table.empty() ? all : by_table;
}

std::vector<std::string> problems_of(const Database& database) {
  const auto damage = damage_of(database);
  return damage.empty() ? contradictions_in(database) : damage;
}

std::vector<std::string> contradictions_in(const Database& database) {
  std::vector<std::string> problems;
  for (const auto& [text] : select<std::string>(database, database.dialect().reference_check()))
    problems.push_back(text);
  for (const auto& table : tables())
    for (const auto& column : table.columns)
      if (column.type == CellType::integer || column.type == CellType::real)
        if (const auto rows = number(database, database.dialect().mistyped(table, column)); rows > 0)
          problems.push_back("table " + table.name() + ": " + column.name + " is no finite number in " +
                             std::to_string(rows) + " of its rows");
  const std::array<std::array<std::string, 2>, 3> hashed{
      {{"arch", "spec_json"}, {"block", "block_json"}, {"protocol", "protocol_json"}}};
  for (const auto& [table, column] : hashed)
    for (const auto& [hash, text] :
         select<std::string, std::string>(database, "SELECT hash, " + column + " FROM " + table))
      if (sha256(text) != hash)
        problems.push_back(table + " " + hash + ": the hash of its " + column + " is " + sha256(text));
  return problems;
}

}  // namespace mds
