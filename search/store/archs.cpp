#include "search/store/archs.h"

namespace mds {

void add_arch(Database& database, const ArchRow& row) {
  if (sha256(row.spec_json) != row.hash)
    database.fail("architecture " + row.name + ": its hash " + row.hash + " is not that of its spec");
  insert(database, row);
}

std::string add_block(Database& database, const std::string& block_json) {
  const BlockJsonRow row{sha256(block_json), block_json};
  insert(database, row);
  return row.hash;
}

void add_arch_blocks(Database& database, const std::string& arch, const std::vector<BlockRow>& rows) {
  database.transaction([&] {
    for (size_t step = 0; step < rows.size(); ++step) {
      BlockRow row = rows[step];
      row.arch = arch;
      row.block = add_block(database, row.block_json);
      row.step = int64_t(step);
      insert(database, row);
    }
  });
}

std::optional<ArchRow> find_arch(const Database& database, const std::string& hash_or_name) {
  const auto rows =
      stored_rows<ArchRow>(database, "WHERE hash = :hash OR name = :name ORDER BY hash = :hash2 DESC, arch_id LIMIT 1",
                           hash_or_name, hash_or_name, hash_or_name);
  return rows.empty() ? std::nullopt : std::optional(rows.front());
}

}  // namespace mds
