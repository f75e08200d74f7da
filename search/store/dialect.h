// What one kind of database spells, opens and locks otherwise than another: a file of SQLite, or a database of a
// PostgreSQL server. Nothing else of the store or the reports knows which of them it has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "search/store/column.h"

namespace soci {
class session;
class soci_error;
}  // namespace soci

namespace mds {

// A trigger that refuses a change.
struct Refusal {
  std::string name;
  std::string event;  // "DELETE ON metric"
  std::string message;
  std::string condition{};  // on OLD and NEW; empty: always
};

class SqlDialect {
 public:
  virtual ~SqlDialect() = default;

  // --- addresses and connections -------------------------------------------------------------------------------------

  // Whether there is anything to open. A server says so only once it is connected.
  virtual bool exists(const std::string& address) const = 0;
  // StoreError where the address cannot be opened in this way, before anything is set on what lies there. Makes the
  // folder of a new file.
  virtual void check(const std::string& address, bool read_only) const = 0;
  // How messages name it: without a password.
  virtual std::string shown(const std::string& address) const { return address; }
  // Tries for so long; a file is there at once or never.
  virtual std::unique_ptr<soci::session> connect(const std::string& address, bool read_only, int patience_s) const = 0;
  virtual void begin_reading_only(soci::session& sql) const = 0;
  // References are checked, and a lock is waited for; false where the file system cannot do that.
  virtual bool begin_writing(soci::session& sql) const = 0;
  // Whether each commit survives a loss of power; else the last ones may be lost, and nothing is damaged.
  virtual std::string flush_commits(bool each) const = 0;

  // Of a schema that can be brought up to date.
  virtual int64_t oldest_version() const = 0;

  virtual std::string explain(const soci::soci_error& error) const = 0;  // "is locked by another process ..."
  // Whether the same transaction may succeed over a new connection.
  virtual bool is_lost(const soci::soci_error& error) const = 0;

  // --- transactions --------------------------------------------------------------------------------------------------

  // Waits for all other writers, or only for those of the same rows where these are locked one by one.
  virtual std::vector<std::string> begin_alone() const = 0;
  virtual std::string begin_beside_others() const = 0;
  virtual std::string begin_snapshot() const = 0;
  // Ends of a SELECT whose rows are locked until the transaction ends: all of them, or those that nobody else has
  // locked.
  virtual std::string lock_rows() const = 0;
  virtual std::string lock_free_rows() const = 0;
  // The seconds since 1970 of the clock that all writers share; empty: of this machine.
  virtual std::string now() const = 0;

  // --- statements ----------------------------------------------------------------------------------------------------

  std::string create_table(const StoredTable& table) const;
  // An index of the key where the table itself cannot have it; "" for other tables.
  std::string create_key_index(const StoredTable& table) const;
  virtual std::string type_of(CellType type) const = 0;
  // Equality of values that may both be NULL.
  virtual std::string same(const std::string& a, const std::string& b) const = 0;
  virtual std::vector<std::string> create_refusal(const Refusal& refusal) const = 0;
  virtual std::string drop_refusal(const Refusal& refusal) const = 0;
  virtual bool bytes_are_hex() const = 0;  // they travel as text, "\x00ff"

  // --- queries about the database ------------------------------------------------------------------------------------

  virtual std::string count_tables() const = 0;
  virtual std::string count_version_tables() const = 0;
  // Type, name and SQL of all tables, views and triggers, in a file of anybody's; "" for a server, whose owner we
  // trust.
  virtual std::string definitions() const = 0;
  virtual std::string bytes_of_database() const = 0;
  // A row of text for each problem, or "ok".
  virtual std::string integrity_check(const std::string& table) const = 0;  // empty: of all
  virtual std::string reference_check() const = 0;
  virtual std::string mistyped(const StoredTable& table, const StoredColumn& number) const = 0;  // counts its rows

 protected:
  virtual std::string row_number() const = 0;  // type of the column that numbers rows
  virtual std::string end_of_table(const StoredTable& table) const = 0;
  // How a column is indexed; itself unless its text may be too long for an index.
  virtual std::string indexed(const StoredColumn& column) const = 0;

 private:
  bool indexes_key_apart(const StoredTable& table) const;
  std::string definition_of(const StoredColumn& column, const std::string& key) const;
};

const SqlDialect& sqlite();
const SqlDialect& postgresql();
const SqlDialect& dialect_of(const std::string& address);  // by its scheme; a file has none

bool is_network_filesystem(int64_t statfs_type);  // of a statfs f_type

}  // namespace mds
