// A file of SQLite.
#include <fcntl.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "search/store/dialect.h"
#include "search/store/inspection.h"
#include "search/store/schema.h"
#include "spec/error.h"

namespace mds {
namespace {

namespace fs = std::filesystem;
constexpr int busy_timeout_s = 30;

bool in_memory(const std::string& file) { return file == ":memory:"; }

std::string folder_of(const std::string& file) {
  const auto folder = fs::path(file).parent_path();
  return folder.empty() ? "." : folder.string();
}

int result_code(const soci::soci_error& error) {
  const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  return sqlite ? sqlite->result() & 0xff : 0;
}

// SOCI puts the name of a function of its own before SQLite's message.
std::string sqlites_words(const soci::soci_error& error) {
  const std::string message = error.get_error_message(), own = "sqlite3_";
  const size_t end = message.find(": ");
  return message.starts_with(own) && end != std::string::npos ? message.substr(end + 2) : message;
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

// A descriptor of the file that is never closed: closing one drops all locks that SQLite holds on the file in this
// process (POSIX), and another process may then remove the write-ahead log. -1 where the file cannot be opened.
int lasting_descriptor(const std::string& file) {
  static std::mutex mutex;
  static std::map<std::pair<dev_t, ino_t>, int> kept;
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return -1;
  const std::lock_guard lock(mutex);
  const auto at = kept.try_emplace({status.st_dev, status.st_ino}, -1).first;
  if (at->second < 0) at->second = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  return at->second;
}

// So that no other file is ever opened.
void check_is_database(const std::string& file) {
  if (fs::is_directory(file)) throw StoreError(file + ": is a folder; expected a database file");
  std::array<char, 16> head{};
  if (::pread(lasting_descriptor(file), head.data(), head.size(), 0) <= 0 && fs::file_size(file) == 0) return;
  if (std::memcmp(head.data(), "SQLite format 3", 16) != 0)
    throw StoreError(file + ": is not a database: found no schema version, expected version " +
                     std::to_string(schema_version()));
}

// Its locks and shared memory are not reliable there.
void check_filesystem(const std::string& file) {
  struct statfs status{};
  if (::statfs(folder_of(file).c_str(), &status) == 0 && is_network_filesystem(status.f_type))
    throw StoreError(file +
                     ": lies on a network file system, where SQLite cannot lock safely; write to a local disk and "
                     "merge with: mdsearch db merge, or give a server's database as postgresql://HOST/NAME");
}

class Sqlite final : public SqlDialect {
 public:
  bool exists(const std::string& file) const override {
    std::error_code ignored;
    return in_memory(file) || fs::exists(file, ignored);
  }

  void check(const std::string& file, bool read_only) const override {
    if (file.find("://") != std::string::npos)
      throw StoreError(file + ": is no usable address; allowed: a file, or postgresql://USER@HOST/NAME");
    if (file.empty() || file.find('"') != std::string::npos)
      throw StoreError(file + ": is no usable name for a database");
    if (in_memory(file)) return;
    const bool there = exists(file);
    if (there) check_is_database(file);
    // A fresh clone does not have the folder of the default, out/results.db, yet. Other folders the user has to
    // create.
    if (const auto folder = fs::path(file).parent_path(); !there && !folder.empty()) ::mkdir(folder.c_str(), 0777);
    if (!read_only) check_filesystem(file);
  }

  std::unique_ptr<soci::session> connect(const std::string& file, bool read_only, int) const override {
    auto sql = std::make_unique<soci::session>(soci::sqlite3, connection_string(file, read_only));
    // The file may be anyone's: its definitions call only what has no side effect, and its pages are checked when read.
    for (const char* guard : {"PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON"}) *sql << guard;
    return sql;
  }

  void begin_reading_only(soci::session& sql) const override { sql << "PRAGMA query_only = ON"; }

  bool begin_writing(soci::session& sql) const override {
    const std::string mode = enter_wal(sql);
    if (mode != "wal" && mode != "memory") return false;
    sql << flush_commits(false);
    sql << "PRAGMA foreign_keys = ON";
    return true;
  }

  std::string flush_commits(bool each) const override {
    return std::string("PRAGMA synchronous = ") + (each ? "FULL" : "NORMAL");
  }

  std::string explain(const soci::soci_error& error) const override {
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
        return "is no database, or its first page is damaged; " + damage_advice;
      case SQLITE_CORRUPT:
        return "is damaged (" + sqlites_words(error) +
               "); where it can be opened, `mdsearch db check` lists the damage; " + damage_advice;
      case SQLITE_CONSTRAINT:
        return "refuses a row: " + sqlites_words(error);
      default:
        return sqlites_words(error);
    }
  }

  bool is_lost(const soci::soci_error&) const override { return false; }

  // Waits for other writers here, not at the first write. There is one at a time, so rows need no locks.
  std::vector<std::string> begin_alone() const override { return {"BEGIN IMMEDIATE"}; }
  std::string begin_beside_others() const override { return "BEGIN IMMEDIATE"; }
  int64_t oldest_version() const override { return 1; }
  std::string begin_snapshot() const override { return "BEGIN"; }
  std::string lock_rows() const override { return ""; }
  std::string lock_free_rows() const override { return ""; }
  std::string now() const override { return ""; }

  std::string type_of(CellType type) const override {
    constexpr std::array<const char*, 4> names{"INTEGER", "REAL", "TEXT", "BLOB"};
    return names[size_t(type)];
  }
  std::string same(const std::string& a, const std::string& b) const override { return a + " IS " + b; }
  std::vector<std::string> create_refusal(const Refusal& refusal) const override {
    return {"CREATE TRIGGER " + refusal.name + " BEFORE " + refusal.event +
            (refusal.condition.empty() ? "" : "\nWHEN " + refusal.condition + "\n") + " BEGIN SELECT RAISE(ABORT, '" +
            refusal.message + "'); END"};
  }
  std::string drop_refusal(const Refusal& refusal) const override { return "DROP TRIGGER " + refusal.name; }
  bool bytes_are_hex() const override { return false; }

  std::string count_tables() const override { return "SELECT count(*) FROM sqlite_master"; }
  std::string count_version_tables() const override {
    return "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version' AND sql LIKE 'CREATE TABLE%'";
  }
  std::string definitions() const override {
    return "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view', 'trigger')";
  }
  std::string bytes_of_database() const override {
    return "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
  }
  std::string integrity_check(const std::string& table) const override {
    return "PRAGMA integrity_check" + (table.empty() ? "" : "(" + table + ")");
  }
  std::string mistyped(const StoredTable& table, const StoredColumn& column) const override {
    return "SELECT count(*) FROM " + table.name() + " WHERE typeof(" + column.name +
           ") NOT IN ('integer', 'real', 'null') OR abs(" + column.name + ") > 1.7976931348623157e308";
  }
  std::string reference_check() const override {
    return "SELECT \"table\" || ' row ' || coalesce(rowid, '') || ' points to no ' || parent FROM "
           "pragma_foreign_key_check";
  }

 protected:
  std::string row_number() const override { return "INTEGER"; }
  std::string end_of_table(const StoredTable& table) const override {
    return table.traits.storage == Storage::by_key ? " WITHOUT ROWID" : "";
  }
  std::string indexed(const StoredColumn& column) const override { return column.name; }
};

}  // namespace

const SqlDialect& sqlite() {
  static const Sqlite dialect;
  return dialect;
}

bool is_network_filesystem(int64_t statfs_type) {
  constexpr std::array<uint32_t, 14> network{0x6969,       // NFS
                                             0x517b,       // SMB
                                             0xff534d42,   // CIFS
                                             0xfe534d42,   // SMB 2
                                             0x0bd00bd0,   // Lustre
                                             0x47504653,   // GPFS
                                             0x00c36400,   // Ceph
                                             0x5346414f,   // AFS
                                             0x73757245,   // Coda
                                             0x19830326,   // BeeGFS
                                             0x01021997,   // 9P
                                             0x01161970,   // GFS2
                                             0x7461636f,   // OCFS2
                                             0x20030528};  // OrangeFS
  return std::find(network.begin(), network.end(), uint32_t(statfs_type)) != network.end();
}

}  // namespace mds
