#include "search/store/dialect.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "search/store/schema.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds::dialect {
namespace {

namespace fs = std::filesystem;
constexpr int busy_timeout_s = 30;

std::string folder_of(const std::string& file) {
  const auto folder = fs::path(file).parent_path();
  return folder.empty() ? "." : folder.string();
}

int result_code(const soci::soci_error& error) {
  const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  return sqlite ? sqlite->result() & 0xff : 0;
}

// Reading a file with a write-ahead log creates side files. Where the folder cannot hold them, the file is read as is.
std::string connection_string(const std::string& file, bool read_only) {
  std::string name = file;
  const bool writable =
      in_memory(file) || (::access(folder_of(file).c_str(), W_OK) == 0 && ::access(file.c_str(), W_OK) == 0);
  const bool plain_name = file.find_first_of("?#%") == std::string::npos;
  if (read_only && !writable && plain_name && !fs::exists(file + "-wal")) name = "file:" + file + "?immutable=1";
  return "dbname=\"" + name + "\" timeout=" + std::to_string(busy_timeout_s);
}

// Two processes may create the same file. SQLite does not wait when the journal mode changes, so wait here.
std::string enter_wal(soci::session& sql) {
  for (int attempt = 0;; ++attempt) try {
      std::string mode;
      sql << "PRAGMA journal_mode = WAL", soci::into(mode);
      return mode;
    } catch (const soci::soci_error& error) {
      if (result_code(error) != SQLITE_BUSY || attempt == busy_timeout_s * 20) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

std::string type_of(CellType type) {
  constexpr std::array<const char*, 4> names{"INTEGER", "REAL", "TEXT", "BLOB"};
  return names[size_t(type)];
}

std::string check_of(const StoredColumn& column) {
  if (column.traits.check) return column.traits.check;
  if (column.is_bool) return column.name + " IN (0, 1)";
  if (column.allowed.empty()) return "";
  return column.name + " IN (" + listed(column.allowed, [](const auto& name) { return "'" + name + "'"; }) + ")";
}

// The column with its constraints; `key` says what it is where it alone is the key.
std::string definition_of(const StoredColumn& column, const std::string& key) {
  std::string text = column.name + " " + type_of(column.type);
  if (!column.optional && key != " PRIMARY KEY") text += " NOT NULL";
  text += key;
  if (const std::string check = check_of(column); !check.empty()) text += " CHECK(" + check + ")";
  if (column.traits.fallback) text += std::string(" DEFAULT ") + column.traits.fallback;
  if (column.traits.parent) text += std::string(" REFERENCES ") + column.traits.parent;
  return text;
}

// NULL differs from NULL in the key of a table.
bool has_key_of_nulls(const StoredTable& table) {
  return std::ranges::any_of(table.columns, [](const auto& column) { return column.traits.key && column.optional; });
}

}  // namespace

bool in_memory(const std::string& file) { return file == ":memory:"; }

void check_is_database(const std::string& file) {
  if (fs::is_directory(file)) throw StoreError(file + ": is a folder; expected a database file");
  std::ifstream in(file, std::ios::binary);
  std::array<char, 16> head{};
  in.read(head.data(), head.size());
  if (!in.gcount() && fs::file_size(file) == 0) return;
  if (std::memcmp(head.data(), "SQLite format 3", 16) != 0)
    throw StoreError(file + ": is not a database: found no schema version, expected version " +
                     std::to_string(schema_version()));
}

void check_filesystem(const std::string& file) {
  struct statfs status{};
  if (::statfs(folder_of(file).c_str(), &status) == 0 && is_network_filesystem(status.f_type))
    throw StoreError(file +
                     ": lies on a network file system, where SQLite cannot lock safely; write to a local disk and "
                     "merge with: mdsearch db merge");
}

bool is_network_filesystem(int64_t statfs_type) {
  constexpr std::array<uint32_t, 10> network{0x6969,       // NFS
                                             0x517b,       // SMB
                                             0xff534d42,   // CIFS
                                             0xfe534d42,   // SMB 2
                                             0x0bd00bd0,   // Lustre
                                             0x47504653,   // GPFS
                                             0x00c36400,   // Ceph
                                             0x5346414f,   // AFS
                                             0x73757245,   // Coda
                                             0x19830326};  // BeeGFS
  return std::find(network.begin(), network.end(), uint32_t(statfs_type)) != network.end();
}

std::unique_ptr<soci::session> connect(const std::string& file, bool read_only) {
  return std::make_unique<soci::session>(soci::sqlite3, connection_string(file, read_only));
}

void begin_reading_only(soci::session& sql) { sql << "PRAGMA query_only = ON"; }

bool begin_writing(soci::session& sql) {
  const std::string mode = enter_wal(sql);
  if (mode != "wal" && mode != "memory") return false;
  sql << flush_commits(false);
  sql << "PRAGMA foreign_keys = ON";
  return true;
}

std::string flush_commits(bool each) { return std::string("PRAGMA synchronous = ") + (each ? "FULL" : "NORMAL"); }

std::string explain(const soci::soci_error& error) {
  switch (result_code(error)) {
    case SQLITE_BUSY:
      return "is locked by another process for more than " + std::to_string(busy_timeout_s) + " s";
    case SQLITE_READONLY:
      return "cannot be written: the file or its folder is read-only";
    case SQLITE_FULL:
      return "cannot be written: the disk is full; nothing of this write was kept";
    case SQLITE_CANTOPEN:
      return "cannot be opened or created: check that its folder exists and can be written";
    case SQLITE_NOTADB:
      return "is not a database";
    case SQLITE_CORRUPT:
      return "is damaged: " + error.get_error_message();
    default:
      return error.get_error_message();
  }
}

std::string same(const std::string& a, const std::string& b) { return a + " IS " + b; }

std::string create_key_index(const StoredTable& table) {
  if (!has_key_of_nulls(table)) return "";
  std::vector<std::string> key;
  for (const auto& column : table.columns)
    if (column.traits.key) key.push_back(column.optional ? "coalesce(" + column.name + ", 0)" : column.name);
  return "CREATE UNIQUE INDEX " + table.name() + "_key ON " + table.name() + "(" + listed(key) + ")";
}

std::string create_table(const StoredTable& table) {
  const bool numbered = table.traits.storage == Storage::numbered;
  std::vector<std::string> lines, key;
  for (const auto& column : table.columns)
    if (column.traits.key) key.push_back(column.name);
  if (numbered) lines.push_back(table.number() + " INTEGER PRIMARY KEY");
  const std::string kind = numbered ? "UNIQUE" : "PRIMARY KEY";
  for (const auto& column : table.columns)
    lines.push_back(definition_of(column, column.traits.key && key.size() == 1 ? " " + kind : ""));
  if (table.traits.check) lines.push_back(std::string("CHECK(") + table.traits.check + ")");
  if (key.size() > 1 && !has_key_of_nulls(table)) lines.push_back(kind + "(" + listed(key) + ")");
  return "CREATE TABLE " + table.name() + "(\n  " + listed(lines, std::identity{}, ",\n  ") + ")" +
         (table.traits.storage == Storage::by_key ? " WITHOUT ROWID" : "");
}

std::string create_refusal(const Refusal& refusal) {
  return "CREATE TRIGGER " + refusal.name + " BEFORE " + refusal.event +
         (refusal.condition.empty() ? "" : "\nWHEN " + refusal.condition + "\n") + " BEGIN SELECT RAISE(ABORT, '" +
         refusal.message + "'); END";
}

std::string drop_refusal(const Refusal& refusal) { return "DROP TRIGGER " + refusal.name; }

}  // namespace mds::dialect
