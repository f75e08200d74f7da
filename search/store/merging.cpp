// Copies the rows of another database into this one. Rows are matched by their unique columns; keys are renumbered by
// one map per parent table, derived from the schema itself. Merging twice changes nothing more. A lease is not copied:
// its run is queued again.
#include <soci/soci.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "search/store/schema.h"
#include "search/store/store.h"

namespace mds {
namespace {

using soci::into;
using soci::use;

struct Column {
  std::string name;
  std::string parent;  // the table that it references, or empty
};

// The columns that identify a row of a table that others reference, independent of its number.
const std::map<std::string, std::vector<std::string>> identity{
    {"device", {"kind", "model", "cores", "clock_mhz", "memory_bytes", "os", "details_json"}},
    {"env",
     {"git_commit", "git_dirty", "compiler", "compiler_flags", "libtorch", "cuda", "determinism", "details_json"}},
    {"arch", {"hash"}},
    {"block", {"hash"}},
    {"protocol", {"hash"}},
    {"sweep", {"name"}},
    {"run", {"sweep_id", "arch_id", "protocol_id", "seed"}},
    {"latency_run",
     {"kind", "block_id", "arch_id", "device_id", "env_id", "dtype", "threads", "batch", "mode", "mark"}}};

std::vector<Column> columns_of(soci::session& sql, const std::string& table) {
  const std::string own_key = table + "_id";
  Column column;
  std::vector<Column> columns;
  soci::statement query = (sql.prepare << "SELECT c.name, coalesce(k.\"table\", '') FROM pragma_table_info(:table) c "
                                          "LEFT JOIN pragma_foreign_key_list(:table2) k ON k.\"from\" = c.name "
                                          "WHERE c.name <> :own ORDER BY c.cid",
                           into(column.name), into(column.parent), use(table), use(table), use(own_key));
  for (bool more = query.execute(true); more; more = query.fetch()) columns.push_back(column);
  return columns;
}

// The value of a column of the other database's row `o` as this database would store it.
std::string translated(const std::string& table, const Column& column) {
  if (!column.parent.empty())
    return "(SELECT ours FROM temp.map_" + column.parent + " WHERE theirs = o." + column.name + ")";
  if (table == "run" && column.name == "state") return "CASE o.state WHEN 'leased' THEN 'queued' ELSE o.state END";
  return "o." + column.name;
}

void copy_rows(soci::session& sql, const std::string& table, const std::string& condition) {
  std::string names, values;
  for (const auto& column : columns_of(sql, table)) {
    names += (names.empty() ? "" : ", ") + column.name;
    values += (values.empty() ? "" : ", ") + translated(table, column);
  }
  sql << "INSERT INTO main." + table + "(" + names + ") SELECT " + values + " FROM other." + table + " o WHERE " +
             condition + " ON CONFLICT DO NOTHING";
}

void map_keys(soci::session& sql, const std::string& table) {
  const auto& keys = identity.at(table);
  std::string same;
  for (const auto& column : columns_of(sql, table))
    if (std::find(keys.begin(), keys.end(), column.name) != keys.end())
      same += (same.empty() ? "m." : " AND m.") + column.name + " IS " + translated(table, column);
  const std::string id = table + "_id";
  sql << "CREATE TEMP TABLE map_" + table + " AS SELECT o." + id + " AS theirs, m." + id + " AS ours FROM other." +
             table + " o JOIN main." + table + " m ON " + same;
}

// Where both databases have a run, the later update is kept, unless one of our workers holds the run.
void update_runs(soci::session& sql) {
  sql << "UPDATE main.run SET state = CASE o.state WHEN 'leased' THEN 'queued' ELSE o.state END, rung = o.rung, "
         "attempt = o.attempt, fence = max(run.fence, o.fence), message = o.message, updated_unix_s = o.updated_unix_s "
         "FROM other.run o JOIN temp.map_run k ON k.theirs = o.run_id WHERE run.run_id = k.ours AND run.state <> "
         "'leased' "
         "AND (o.updated_unix_s, o.fence) > (run.updated_unix_s, run.fence)";
}

// Two configurations under one name would mix runs that were trained differently.
void refuse_other_sweeps(soci::session& sql, const std::string& other_file) {
  std::string name;
  sql << "SELECT m.name FROM main.sweep m JOIN other.sweep o ON o.name = m.name AND o.config_json <> m.config_json",
      soci::into(name);
  if (sql.got_data()) throw StoreError(other_file + ": its sweep " + name + " has another configuration than ours");
}

void drop_older_pictures(soci::session& sql) {
  sql << "DELETE FROM main.picture WHERE iteration < (SELECT max(o.iteration) FROM other.picture o "
         "JOIN temp.map_run k ON k.theirs = o.run_id WHERE k.ours = picture.run_id)";
}

constexpr const char* without_pictures =
    "NOT EXISTS (SELECT 1 FROM main.picture p JOIN temp.map_run k ON k.ours = p.run_id WHERE k.theirs = o.run_id)";

void merge_attached(soci::session& sql) {
  for (const std::string table : table_names()) {
    if (table == "picture") drop_older_pictures(sql);
    copy_rows(sql, table, table == "picture" ? without_pictures : "true");
    if (identity.contains(table)) map_keys(sql, table);
  }
  update_runs(sql);
  for (const auto& [table, keys] : identity) sql << "DROP TABLE temp.map_" + table;
}

}  // namespace

void Store::merge(const std::string& other_file) {
  {
    const Store readable(other_file, StoreMode::read_only);
  }  // throws a clear error where the file is unusable
  std::error_code ignored;
  if (std::filesystem::equivalent(other_file, file_, ignored)) fail("cannot be merged into itself");
  if (depth_ > 0) fail("a merge cannot be part of a transaction");
  guarded([&] {
    *sql_ << "ATTACH :file AS other", use(other_file);
    try {
      transaction([&] {
        refuse_other_sweeps(*sql_, other_file);
        merge_attached(*sql_);
      });
    } catch (...) {
      *sql_ << "DETACH other";
      throw;
    }
    *sql_ << "DETACH other";
  });
}

}  // namespace mds
