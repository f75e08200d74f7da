#include "search/store/upkeep.h"

#include <algorithm>

#include "search/store/queue.h"
#include "search/store/schema.h"
#include "search/store/select.h"
#include "spec/error.h"

namespace mds {
namespace {

void refuse_live_leases(const Database& database, const std::string& sweep, const std::vector<RunRow>& runs) {
  const int64_t now = database.now(), latest = now + longest_lease_seconds;  // later: the clock was set back
  for (const auto& [run, owner, expires] : select<int64_t, std::string, int64_t>(
           database,
           "SELECT run_id, owner, lease_expires_unix_s FROM run JOIN sweep USING(sweep_id) WHERE name = :sweep AND "
           "state = 'leased' AND lease_expires_unix_s > :now AND lease_expires_unix_s <= :latest",
           sweep, now, latest))
    if (std::ranges::count(runs, run, &RunRow::run))
      throw StoreError(database.file() + ": the worker " + owner + " is at run " + std::to_string(run) +
                       "; stop it, or wait " + std::to_string(expires - now) + " s, after which its lease ends");
}

// Removes rows inside a transaction of `database`, and counts them.
class Remover {
 public:
  explicit Remover(Database& database) : database_(database) {}

  // The only place where rows are deleted from append-only tables.
  void take(const std::string& table, const std::string& condition, const auto&... arguments) {
    const auto guard = append_only(table, "DELETE");
    if (guard) database_.execute(database_.dialect().drop_refusal(*guard));
    const int64_t rows = database_.execute("DELETE FROM " + table + " WHERE " + condition, arguments...);
    if (guard)
      for (const auto& statement : database_.dialect().create_refusal(*guard)) database_.execute(statement);
    if (rows > 0) taken_.push_back({table, rows});
  }

  // Removes everything that belongs to these runs, and rows that nothing else needs after that.
  void take_runs(const std::vector<RunRow>& runs) {
    database_.execute("CREATE TEMP TABLE going(run_id INTEGER PRIMARY KEY)");
    for (const auto& run : runs) database_.execute("INSERT INTO going VALUES(:run)", run.run);
    database_.execute(
        "CREATE TEMP TABLE unused AS SELECT arch_id FROM run JOIN going USING(run_id) UNION SELECT proxy_of_arch_id "
        "FROM "
        "run JOIN going USING(run_id) WHERE proxy_of_arch_id IS NOT NULL");
    for (const char* table : {"metric", "evaluation_sample", "decision", "checkpoint", "picture", "run"})
      take(table, "run_id IN (SELECT run_id FROM going)");
    take_unused_archs();
    database_.execute("DROP TABLE going");
    database_.execute("DROP TABLE unused");
  }

  void take_unused_protocols() {
    take("protocol",
         "NOT EXISTS (SELECT 1 FROM run r WHERE r.protocol_id = protocol.protocol_id) AND NOT EXISTS "
         "(SELECT 1 FROM metric m WHERE m.protocol_id = protocol.protocol_id) AND NOT EXISTS (SELECT 1 "
         "FROM score s WHERE s.protocol_id = protocol.protocol_id)");
  }

  std::vector<TableCount> taken() const { return taken_; }

 private:
  void take_unused_archs() {
    database_.execute(
        "DELETE FROM unused WHERE arch_id IN (SELECT arch_id FROM run UNION SELECT proxy_of_arch_id FROM run WHERE "
        "proxy_of_arch_id IS NOT NULL UNION SELECT arch_id FROM latency_run WHERE arch_id IS NOT NULL UNION SELECT "
        "arch_id FROM arch WHERE generator = 'spec' UNION SELECT a.arch_id FROM arch a JOIN model m ON m.params = "
        "a.params WHERE m.stage = 'autoencoder')");  // report table2 finds a narrow decoder's models by its arch
    take("arch_block", "arch_id IN (SELECT arch_id FROM unused)");
    take("arch", "arch_id IN (SELECT arch_id FROM unused)");
    take("block",
         "NOT EXISTS (SELECT 1 FROM arch_block a WHERE a.block_id = block.block_id) AND NOT EXISTS (SELECT 1 "
         "FROM latency_run l WHERE l.block_id = block.block_id)");
  }

  Database& database_;
  std::vector<TableCount> taken_;
};

std::vector<RunRow> runs_of_known(const Database& database, const std::string& sweep) {
  if (!sweep_config(database, sweep)) throw StoreError(database.file() + ": holds no sweep \"" + sweep + "\"");
  return runs_of(database, sweep);
}

Removal removed(Database& database, const std::string& sweep, const std::vector<RunRow>& runs, bool whole) {
  Removal removal{.runs = runs};
  database.transaction([&] {
    refuse_live_leases(database, sweep, runs);
    Remover remover(database);
    remover.take_runs(runs);
    if (whole) remover.take("sweep", "name = :name", sweep);
    remover.take_unused_protocols();
    removal.rows = remover.taken();
  });
  return removal;
}

}  // namespace

Removal remove_sweep(Database& database, const std::string& name) {
  return removed(database, name, runs_of_known(database, name), /*whole=*/true);
}

Removal remove_run(Database& database, const std::string& sweep, int64_t run) {
  std::vector<RunRow> runs = runs_of_known(database, sweep);
  std::erase_if(runs, [&](const RunRow& row) { return row.run != run; });
  if (runs.empty()) throw StoreError(database.file() + ": the sweep " + sweep + " has no run " + std::to_string(run));
  return removed(database, sweep, runs, /*whole=*/false);
}

Removal remove_model(Database& database, const std::string& hash) {
  Removal removal;
  database.transaction([&] {
    Remover remover(database);
    remover.take("score_replicates", "subject = :hash", hash);
    remover.take("score", "subject = :hash", hash);
    remover.take("model_training", "model = :hash", hash);
    remover.take("model", "hash = :hash", hash);
    remover.take_unused_protocols();
    removal.rows = remover.taken();
  });
  if (removal.rows.empty()) throw StoreError(database.file() + ": holds no model " + hash);
  return removal;
}

void grow_sweep(Database& database, const std::string& name, const std::string& config_json, bool more_rungs) {
  database.transaction([&] {
    const std::vector<RunRow> runs = runs_of_known(database, name);
    if (more_rungs) refuse_live_leases(database, name, runs);
    database.execute("UPDATE sweep SET config_json = :config WHERE name = :name", config_json, name);
    if (more_rungs)
      database.execute(
          "UPDATE run SET state = 'paused', updated_unix_s = :now WHERE state = 'done' AND sweep_id = (SELECT sweep_id "
          "FROM sweep WHERE name = :name)",
          database.now(), name);
  });
}

}  // namespace mds
