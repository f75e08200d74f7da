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
inline const std::string damage_advice =
    "put a copy in its place, or move it away with its -wal and -shm: the commands of sweeps and trainings then go on "
    "from their checkpoints in a new one";

// The tables that cannot be read, or are not as they were written; empty when sound.
std::vector<std::string> damage_of(const Database& database);
// References to rows that are not there, hashes that are not those of their texts; empty when sound.
std::vector<std::string> contradictions_in(const Database& database);
// Damage or, where there is none, contradictions.
std::vector<std::string> problems_of(const Database& database);

}  // namespace mds
