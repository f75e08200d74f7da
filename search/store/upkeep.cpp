#include "search/store/upkeep.h"

#include <algorithm>

#include "search/store/clock.h"
#include "search/store/schema.h"
#include "search/store/select.h"

namespace mds {
namespace {

using soci::into;
using soci::use;

void refuse_live_leases(const Store& store, const std::string& sweep, const std::vector<RunStatus>& runs) {
  const int64_t now = unix_seconds(), latest = now + longest_lease_seconds;  // later: the clock was set back
  for (const auto& [run, owner, expires] : select<int64_t, std::string, int64_t>(
           store,
           "SELECT run_id, owner, lease_expires_unix_s FROM run JOIN sweep USING(sweep_id) WHERE name = :sweep AND "
           "state = 'leased' AND lease_expires_unix_s > :now AND lease_expires_unix_s <= :latest",
           sweep, now, latest))
    if (std::ranges::count(runs, run, &RunStatus::run))
      throw StoreError(store.file() + ": the worker " + owner + " is at run " + std::to_string(run) +
                       "; stop it, or wait " + std::to_string(expires - now) + " s, after which its lease ends");
}

// Removes rows inside a transaction of `store`, and counts them.
class Remover {
 public:
  explicit Remover(Store& store) : sql_(store.reading_session()) {}

  // The only place where rows are deleted from append-only tables.
  void take(const std::string& table, const std::string& condition, const auto&... arguments) {
    const auto guard = append_only_trigger(table, "DELETE");
    if (guard) sql_ << "DROP TRIGGER " + guard->name;
    auto deletion = sql_.prepare << "DELETE FROM " + table + " WHERE " + condition;
    ((deletion, use(arguments)), ...);
    soci::statement(deletion).execute(/*with_data_exchange=*/true);
    int64_t rows = 0;
    sql_ << "SELECT changes()", into(rows);
    if (guard) sql_ << guard->statement;
    if (rows > 0) taken_.push_back({table, rows});
  }

  // Removes everything that belongs to these runs, and rows that nothing else needs after that.
  void take_runs(const std::vector<RunStatus>& runs) {
    sql_ << "CREATE TEMP TABLE going(run_id INTEGER PRIMARY KEY)";
    for (const auto& run : runs) sql_ << "INSERT INTO going VALUES(:run)", use(run.run);
    sql_ << "CREATE TEMP TABLE unused AS SELECT arch_id FROM run JOIN going USING(run_id) UNION SELECT "
            "proxy_of_arch_id FROM run JOIN going USING(run_id) WHERE proxy_of_arch_id IS NOT NULL";
    for (const char* table : {"metric", "decision", "checkpoint", "picture", "run"})
      take(table, "run_id IN (SELECT run_id FROM going)");
    take_unused_archs();
    sql_ << "DROP TABLE going";
    sql_ << "DROP TABLE unused";
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
    sql_ << "DELETE FROM unused WHERE arch_id IN (SELECT arch_id FROM run UNION SELECT proxy_of_arch_id FROM run WHERE "
            "proxy_of_arch_id IS NOT NULL UNION SELECT arch_id FROM latency_run WHERE arch_id IS NOT NULL UNION "
            "SELECT arch_id FROM arch WHERE generator = 'spec')";
    take("arch_block", "arch_id IN (SELECT arch_id FROM unused)");
    take("arch", "arch_id IN (SELECT arch_id FROM unused)");
    take("block",
         "NOT EXISTS (SELECT 1 FROM arch_block a WHERE a.block_id = block.block_id) AND NOT EXISTS (SELECT 1 "
         "FROM latency_run l WHERE l.block_id = block.block_id)");
  }

  soci::session& sql_;
  std::vector<TableCount> taken_;
};

std::vector<RunStatus> runs_of(const Store& store, const std::string& sweep) {
  if (!store.sweep_config(sweep)) throw StoreError(store.file() + ": holds no sweep \"" + sweep + "\"");
  return store.runs(sweep);
}

Removal removed(Store& store, const std::string& sweep, const std::vector<RunStatus>& runs, bool whole) {
  Removal removal{.runs = runs};
  store.transaction([&] {
    refuse_live_leases(store, sweep, runs);
    Remover remover(store);
    remover.take_runs(runs);
    if (whole) remover.take("sweep", "name = :name", sweep);
    remover.take_unused_protocols();
    removal.rows = remover.taken();
  });
  return removal;
}

}  // namespace

Removal remove_sweep(Store& store, const std::string& name) {
  return removed(store, name, runs_of(store, name), /*whole=*/true);
}

Removal remove_run(Store& store, const std::string& sweep, int64_t run) {
  std::vector<RunStatus> runs = runs_of(store, sweep);
  std::erase_if(runs, [&](const RunStatus& row) { return row.run != run; });
  if (runs.empty()) throw StoreError(store.file() + ": the sweep " + sweep + " has no run " + std::to_string(run));
  return removed(store, sweep, runs, /*whole=*/false);
}

Removal remove_model(Store& store, const std::string& hash) {
  Removal removal;
  store.transaction([&] {
    Remover remover(store);
    remover.take("score", "subject = :hash", hash);
    remover.take("model", "hash = :hash", hash);
    remover.take_unused_protocols();
    removal.rows = remover.taken();
  });
  if (removal.rows.empty()) throw StoreError(store.file() + ": holds no model " + hash);
  return removal;
}

void grow_sweep(Store& store, const std::string& name, const std::string& config_json, bool more_rungs) {
  store.transaction([&] {
    const std::vector<RunStatus> runs = runs_of(store, name);
    if (more_rungs) refuse_live_leases(store, name, runs);
    const int64_t now = unix_seconds();
    store.reading_session() << "UPDATE sweep SET config_json = :config WHERE name = :name", use(config_json), use(name);
    if (more_rungs)
      store.reading_session() << "UPDATE run SET state = 'paused', updated_unix_s = :now WHERE state = 'done' AND "
                                 "sweep_id = (SELECT sweep_id FROM sweep WHERE name = :name)",
          use(now), use(name);
  });
}

}  // namespace mds
