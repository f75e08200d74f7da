// What is SQLite's alone: how a file is opened and guarded, and the few statements that another database spells
// otherwise. A second dialect gives these functions a second body; nothing else of the store or the reports needs one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "search/store/column.h"

namespace soci {
class session;
class soci_error;
}  // namespace soci

namespace mds::dialect {

// --- files -----------------------------------------------------------------------------------------------------------

bool in_memory(const std::string& file);

// StoreError where the bytes of the file are not a database's, so that no other file is ever opened, and where it lies
// on a network file system, whose locks and shared memory are not reliable.
void check_is_database(const std::string& file);
void check_filesystem(const std::string& file);
bool is_network_filesystem(int64_t statfs_type);  // of a statfs f_type

std::unique_ptr<soci::session> connect(const std::string& file, bool read_only);
void begin_reading_only(soci::session& sql);
// Readers and one writer at a time, references that are checked; false where the file system cannot do that.
bool begin_writing(soci::session& sql);
// Whether each commit survives a loss of power; else the last ones may be lost, and nothing is damaged.
std::string flush_commits(bool each);

std::string explain(const soci::soci_error& error);  // "is locked by another process ..."

// --- statements ------------------------------------------------------------------------------------------------------

inline constexpr const char* begin_transaction =
    "BEGIN IMMEDIATE";  // waits for other writers here, not at the first write
inline constexpr const char* begin_snapshot = "BEGIN";

// Equality of values that may both be NULL.
std::string same(const std::string& a, const std::string& b);

std::string create_table(const StoredTable& table);
// The index of a key of which a part may be NULL, a number then; "" for other tables, whose keys are in the table.
std::string create_key_index(const StoredTable& table);

struct Refusal {
  std::string name;   // of the trigger
  std::string event;  // "DELETE ON metric"
  std::string message;
  std::string condition{};  // on OLD and NEW; empty: always
};
std::string create_refusal(const Refusal& refusal);
std::string drop_refusal(const Refusal& refusal);

// --- queries about the file ------------------------------------------------------------------------------------------

inline constexpr const char* count_tables = "SELECT count(*) FROM sqlite_master";
inline constexpr const char* count_version_tables = "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'";
inline constexpr const char* bytes_of_database =
    "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";

// A row of text for each problem; the first query answers "ok" where there is none.
inline constexpr const char* integrity_check = "PRAGMA integrity_check";
inline constexpr const char* reference_check =
    "SELECT \"table\" || ' row ' || coalesce(rowid, '') || ' points to no ' || parent FROM pragma_foreign_key_check";

}  // namespace mds::dialect
