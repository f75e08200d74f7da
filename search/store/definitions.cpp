#include "search/store/definitions.h"

#include <algorithm>
#include <map>

#include "search/store/dialect.h"
#include "search/store/schema.h"
#include "search/store/select.h"

namespace mds {
namespace {

// Migrations space some definitions otherwise than a new database does.
std::string without_spaces(std::string sql) {
  std::erase_if(sql, [](char c) { return c == ' ' || c == '\n'; });
  return sql;
}

// "run" of "CREATE TABLE run(...": the third word.
std::string defined_name(const std::string& statement) {
  const size_t begin = statement.find(' ', statement.find(' ') + 1) + 1;
  return statement.substr(begin, statement.find_first_of(" (\n", begin) - begin);
}

std::map<std::string, std::string> own_definitions(const SqlDialect& dialect) {
  std::map<std::string, std::string> own;
  for (const auto& statement : whole_schema(dialect).statements)
    if (!statement.starts_with("CREATE UNIQUE")) own[defined_name(statement)] = without_spaces(statement);
  return own;
}

}  // namespace

void refuse_foreign_definitions(const Database& database) {
  const std::string definitions = database.dialect().definitions();
  if (definitions.empty()) return;
  static const auto own = own_definitions(database.dialect());
  for (const auto& [type, name, sql] : select<std::string, std::string, std::string>(database, definitions)) {
    const auto known = own.find(name);
    const bool ours = known != own.end() && known->second == without_spaces(sql);
    if (!ours && (type == "trigger" || known != own.end()))
      database.fail("its " + type + " " + name +
                    " is not as this program makes it, so another one may have changed it; "
                    "`sqlite3 FILE .dump` shows it");
  }
}

}  // namespace mds
