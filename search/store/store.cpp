// Opens, migrates and guards a results database. A file is inspected before anything is set on it, so that a file
// that is not ours stays unchanged. After that, the busy timeout holds for every statement.
#include "search/store/store.h"

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
#include <fstream>
#include <thread>

#include "search/store/clock.h"
#include "search/store/empty_database.h"
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

// The first bytes of the file decide, so that SQLite never opens a file that is not a database.
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

}  // namespace

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

Store::Store(const std::string& file, StoreMode mode) : file_(file), read_only_(mode == StoreMode::read_only) {
  open(mode);
}

Store::~Store() = default;

void Store::fail(const std::string& message) const { throw StoreError(file_ + ": " + message); }

void Store::open(StoreMode mode) {
  if (file_.find("://") != std::string::npos) fail("PostgreSQL and other servers are not supported yet; give a file");
  const bool exists = in_memory(file_) || fs::exists(file_);
  if (!exists && mode != StoreMode::create_or_open) fail("there is no such database");
  if (file_.empty() || file_.find('"') != std::string::npos) fail("is no usable name for a database");
  if (!in_memory(file_)) {
    if (exists) check_is_database(file_);
    // A fresh clone does not have the folder of the default, out/results.db, yet. Other folders the user has to
    // create.
    if (!exists) ::mkdir(folder_of(file_).c_str(), 0777);
    if (!read_only_) check_filesystem(file_);
  }
  guarded([&] {
    sql_ = std::make_unique<soci::session>(soci::sqlite3, connection_string(file_, read_only_));
    const int64_t found = exists ? stored_version() : 0;
    if (found == 0 && mode != StoreMode::create_or_open)
      throw EmptyDatabase(file_ + ": holds no results; expected schema version " + std::to_string(schema_version()));
    if (read_only_) return void(*sql_ << "PRAGMA query_only = ON");
    migrate();
  });
}

int64_t Store::stored_version() const {
  int tables = 0, versions = 0;
  *sql_ << "SELECT count(*), coalesce(sum(name = 'schema_version'), 0) FROM sqlite_master", soci::into(tables),
      soci::into(versions);
  if (tables == 0) return 0;
  const std::string expected = "expected version " + std::to_string(schema_version());
  if (versions == 0) fail("is a database of another program: found no schema version, " + expected);
  int64_t version = 0;
  *sql_ << "SELECT coalesce(max(version), 0) FROM schema_version", soci::into(version);
  const bool usable = read_only_ ? version == schema_version() : version >= 1 && version <= schema_version();
  const std::string upgrade =
      version < schema_version() ? "; `mdsearch db upgrade --db FILE` brings it up to date" : "";
  if (!usable) fail("has schema version " + std::to_string(version) + ", " + expected + upgrade);
  return version;
}

void Store::migrate() {
  const std::string mode = enter_wal(*sql_);
  if (mode != "wal" && mode != "memory") fail("lies on a file system without shared memory for write-ahead logging");
  *sql_ << "PRAGMA synchronous = NORMAL";  // a loss of power may take the last commits, see durably()
  *sql_ << "PRAGMA foreign_keys = ON";
  transaction([&] {
    for (const auto& step : migrations()) {
      if (step.version <= stored_version()) continue;
      for (const auto& statement : step.statements) *sql_ << statement;
      const int64_t now = unix_seconds();
      *sql_ << "INSERT INTO schema_version VALUES(:version, :now, :description)", soci::use(step.version),
          soci::use(now), soci::use(step.description);
    }
    for (const auto& row : literature()) {
      const std::string source = row.source, network = row.network, name = row.name, unit = row.unit,
                        conditions = row.conditions;
      *sql_ << "INSERT INTO literature(source, network, name, value, unit, conditions) "
               "VALUES(:source, :network, :name, :value, :unit, :conditions) ON CONFLICT DO NOTHING",
          soci::use(source), soci::use(network), soci::use(name), soci::use(row.value), soci::use(unit),
          soci::use(conditions);
    }
  });
}

void Store::guarded(const std::function<void()>& body) const {
  try {
    body();
  } catch (const soci::soci_error& error) {
    fail(explain(error));
  } catch (const fs::filesystem_error& error) {
    fail(error.what());
  }
}

void Store::transaction(const std::function<void()>& body) {
  if (read_only_) fail("is opened for reading only");
  if (depth_ > 0) return body();
  guarded([&] {
    *sql_ << "BEGIN IMMEDIATE";
    ++depth_;
    try {
      body();
      *sql_ << "COMMIT";
    } catch (...) {
      --depth_;
      try {
        *sql_ << "ROLLBACK";
      } catch (const soci::soci_error&) {  // SQLite has already rolled back, as on a full disk
      }
      throw;
    }
    --depth_;
  });
}

void Store::durably(const std::function<void()>& body) {
  const auto flush_commits = [&](bool all) {
    guarded([&] { *sql_ << std::string("PRAGMA synchronous = ") + (all ? "FULL" : "NORMAL"); });
  };
  flush_commits(true);
  try {
    transaction(body);
  } catch (...) {
    flush_commits(false);
    throw;
  }
  flush_commits(false);
}

}  // namespace mds
