// The tables of a results database and their numbered migrations. Only class Store uses them to change a file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mds {

inline constexpr int64_t picture_bytes_max = 16384;  // per run, all pictures together

struct Migration {
  int64_t version;
  std::string description;
  std::vector<std::string> statements;
};

// In order. The version of the last one is the version that this program reads and writes.
const std::vector<Migration>& migrations();
int64_t schema_version();

// The trigger that refuses "DELETE" or "UPDATE" on a table; none where the table is not append-only.
struct Trigger {
  std::string name, statement;
};
std::optional<Trigger> append_only_trigger(const std::string& table, const std::string& change);

// Tables that hold rows; parents come before their children.
std::span<const char* const> table_names();

// A figure printed in a publication and not measured here.
struct LiteratureRow {
  const char* source;
  const char* network;
  const char* name;
  double value;
  const char* unit;
  const char* conditions;
};
inline constexpr const char* literature_table1 = "MobileDiffusion, arXiv 2311.16567, Table 1";
inline constexpr const char* literature_table2 = "MobileDiffusion, arXiv 2311.16567, Table 2";
inline constexpr const char* literature_table5 = "MobileDiffusion, arXiv 2311.16567, Table 5";
inline constexpr const char* literature_ladder = "MobileDiffusion, arXiv 2311.16567, Section 3.2";
std::span<const LiteratureRow> literature();

}  // namespace mds
