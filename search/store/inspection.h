// What a database holds, and whether it is sound.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "search/store/database.h"

namespace mds {

struct TableCount {
  std::string table{};
  int64_t rows = 0;
};

struct StoreInfo {
  std::string file{};
  int64_t schema_version = 0;
  int64_t bytes = 0;
  std::vector<TableCount> tables{};
};

StoreInfo info_of(const Database& database);
// Damage, references to rows that are not there, hashes that are not those of their texts; empty when sound.
std::vector<std::string> problems_of(const Database& database);

}  // namespace mds
