// Databases as earlier versions of the schema made them, and statements that no function of the store would make.
#pragma once

#include <sqlite3.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "search/store/schema.h"

namespace mds::test {

// Any number of statements on a file, which SQLite creates where it is absent.
inline void run_sql(const std::string& file, const std::string& statements) {
  sqlite3* connection = nullptr;
  char* message = nullptr;
  sqlite3_open(file.c_str(), &connection);
  sqlite3_exec(connection, statements.c_str(), nullptr, nullptr, &message);
  const std::string problem = message ? message : "";
  sqlite3_free(message);
  sqlite3_close(connection);
  if (!problem.empty()) throw std::runtime_error(problem);
}

// A database as the program of that schema version made it.
inline void make_database(const std::string& file, int64_t version) {
  std::ifstream first(MDS_SOURCE_DIR "/tests/search/store/version_1.sql");
  std::string statements{std::istreambuf_iterator<char>(first), {}};
  for (const auto& step : migrations()) {
    if (step.version > version) continue;
    for (const auto& statement : step.statements) statements += statement + ";\n";
    statements += "INSERT INTO schema_version VALUES(" + std::to_string(step.version) + ", 0, '');\n";
  }
  run_sql(file, statements);
}

}  // namespace mds::test
