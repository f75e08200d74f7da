#include "search/store/inspection.h"

#include <array>

#include "search/store/dialect.h"
#include "search/store/schema.h"
#include "search/store/select.h"

namespace mds {

StoreInfo info_of(const Database& database) {
  const auto number = [&](const std::string& sql) { return std::get<0>(select<int64_t>(database, sql).front()); };
  StoreInfo info{.file = database.file(), .schema_version = database.version()};
  for (const auto& table : tables())
    info.tables.push_back({table.name(), number("SELECT count(*) FROM " + table.name())});
  info.bytes = number(database.dialect().bytes_of_database());
  return info;
}

std::vector<std::string> problems_of(const Database& database) {
  std::vector<std::string> problems;
  for (const auto& [text] : select<std::string>(database, database.dialect().integrity_check()))
    if (text != "ok") problems.push_back(text);
  for (const auto& [text] : select<std::string>(database, database.dialect().reference_check()))
    problems.push_back(text);
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
