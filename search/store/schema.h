// The tables of a results database: those of a new one as its rows describe them (column.h), and the numbered
// migrations that bring an older file to the same. Only class Database uses them to change a database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/store/dialect.h"

namespace mds {

inline constexpr int64_t picture_bytes_max = 16384;  // per run, all pictures together

struct Migration {
  int64_t version;
  std::string description;
  std::vector<std::string> statements;
};

// In order, from version 2 on. The version of the last one is the version that this program reads and writes.
const std::vector<Migration>& migrations();
int64_t schema_version();
Migration whole_schema(const SqlDialect& dialect);  // of an empty database

// Tables that hold rows; parents come before their children.
const std::vector<StoredTable>& tables();

// What refuses "DELETE" or "UPDATE" on a table; none where the table is not append-only.
std::optional<Refusal> append_only(const std::string& table, const std::string& change);

}  // namespace mds
