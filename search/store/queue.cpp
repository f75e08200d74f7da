// A claim is one transaction, so no two workers get the same run. It raises the run's fence, which makes every later
// write under an older lease fail.
#include "search/store/queue.h"

#include "search/store/dialect.h"
#include "search/store/select.h"
#include "spec/listed.h"

namespace mds {
namespace {

// Between reading the clock and locking a run, others may claim it by a later clock.
constexpr int64_t clock_slack_s = 60;

// A lease that ends much later than one that begins now dates from before the clock was set back. If a worker still
// holds it, the fence refuses what it writes after the next claim.
const std::string lease_is_over =
    "state = 'leased' AND (lease_expires_unix_s <= :now OR lease_expires_unix_s > :latest)";

std::string but_not(const std::set<int64_t>& runs) {
  if (runs.empty()) return "";
  return " AND run_id NOT IN (" + listed(runs, [](int64_t run) { return std::to_string(run); }) + ")";
}

// Otherwise a run whose workers all die without progress, for lack of memory for example, would be tried for ever.
void give_up_on_deadly_runs(Database& database, int64_t sweep_id, int64_t lease_seconds) {
  const int64_t now = database.now();
  database.execute(
      "UPDATE run SET state = 'failed', message = :message, updated_unix_s = :updated WHERE run_id IN (SELECT run_id "
      "FROM "
      "run WHERE sweep_id = :sweep AND attempt >= :most AND " +
          lease_is_over + database.dialect().lock_free_rows() + ")",
      std::to_string(most_deaths_without_progress) + " workers died at it without any progress", now, sweep_id,
      most_deaths_without_progress, now, now + lease_seconds + clock_slack_s);
}

}  // namespace

std::optional<Lease> claim(Database& database, const std::string& sweep, const Worker& worker) {
  return database.row_transaction([&]() -> std::optional<Lease> {
    const int64_t sweep_id = number_of(database, "sweep", "name", sweep), now = database.now();
    give_up_on_deadly_runs(database, sweep_id, worker.lease_seconds);
    const auto free = select<int64_t>(
        database,
        "SELECT run_id FROM run WHERE sweep_id = :sweep AND (state IN ('queued', 'promoted') OR " + lease_is_over +
            ")" + but_not(worker.leaves) + " ORDER BY rung DESC, run_id LIMIT 1" + database.dialect().lock_free_rows(),
        sweep_id, now, now + worker.lease_seconds + clock_slack_s);
    if (free.empty()) return std::nullopt;
    return take(database, std::get<0>(free.front()), worker);
  });
}

Lease take(Database& database, int64_t run, const Worker& worker) {
  return database.row_transaction([&] {
    const int64_t now = database.now();
    const auto known = [](int64_t number) { return number ? std::optional(number) : std::nullopt; };
    const int64_t taken = database.execute(
        "UPDATE run SET state = 'leased', owner = :owner, lease_expires_unix_s = :expires, fence = fence + 1, attempt "
        "= attempt + 1, device_id = :device, env_id = :env, message = '', updated_unix_s = :now WHERE run_id = :run",
        worker.owner, now + worker.lease_seconds, known(worker.device), known(worker.env), now, run);
    if (!taken) database.fail("holds no run " + std::to_string(run));
    const RunRow row = stored_rows<RunRow>(database, "WHERE run_id = :run", run).front();
    return Lease{.run = run,
                 .rung = row.rung,
                 .fence = row.fence,
                 .attempt = row.attempt,
                 .lease_seconds = worker.lease_seconds};
  });
}

void heartbeat(Database& database, const Lease& lease) {
  database.row_transaction([&] {
    require_writable_run(database, lease);
    database.execute("UPDATE run SET lease_expires_unix_s = :expires WHERE run_id = :run",
                     database.now() + lease.lease_seconds, lease.run);
  });
}

void note_progress(Database& database, const Lease& lease) {
  database.row_transaction([&] {
    require_writable_run(database, lease);
    database.execute("UPDATE run SET attempt = 0 WHERE run_id = :run", lease.run);
  });
}

void finish(Database& database, const Lease& lease, RunState state, const std::string& message) {
  if (state == RunState::leased) database.fail("a lease ends in another state than leased");
  database.row_transaction([&] {
    require_writable_run(database, lease);
    database.execute(
        "UPDATE run SET state = :state, message = :message, attempt = 0, lease_expires_unix_s = 0, updated_unix_s = "
        ":now WHERE run_id = :run",
        state, message, database.now(), lease.run);
  });
}

void promote(Database& database, int64_t run, int64_t rung) {
  database.transaction([&] {
    const auto found = select<std::string, int64_t>(
        database, "SELECT state, rung FROM run WHERE run_id = :run" + database.dialect().lock_rows(), run);
    if (found.empty()) database.fail("holds no run " + std::to_string(run));
    const auto& [state, reached] = found.front();
    const bool resting = state == "paused" || state == "stopped";
    if (!resting && rung <= reached) return;  // promoted already, by a process that then died
    if (!resting || rung <= reached)
      database.fail("run " + std::to_string(run) + " is " + state + " at rung " + std::to_string(reached) +
                    " and cannot be promoted to rung " + std::to_string(rung) +
                    "; promoted are paused or stopped runs, to a deeper rung");
    database.execute("UPDATE run SET state = 'promoted', rung = :rung, updated_unix_s = :now WHERE run_id = :run", rung,
                     database.now(), run);
  });
}

void retry(Database& database, int64_t run) {
  database.transaction([&] {
    const int64_t queued = database.execute(
        "UPDATE run SET state = CASE rung WHEN 0 THEN 'queued' ELSE 'promoted' END, message = '', attempt = 0, "
        "updated_unix_s = :now WHERE run_id = :run AND state IN ('failed', 'done')",
        database.now(), run);
    if (!queued) database.fail("run " + std::to_string(run) + " has neither failed nor finished, or is not there");
  });
}

void fail_run(Database& database, int64_t run, const std::string& message) {
  database.transaction([&] {
    require_writable_run(database, run);
    database.execute("UPDATE run SET state = 'failed', message = :message, updated_unix_s = :now WHERE run_id = :run",
                     message, database.now(), run);
  });
}

void stop(Database& database, int64_t run, const std::string& message) {
  database.transaction([&] {
    require_writable_run(database, run);
    database.execute(
        "UPDATE run SET state = 'stopped', message = :message, updated_unix_s = :now "
        "WHERE run_id = :run AND state IN ('queued', 'paused', 'promoted')",
        message, database.now(), run);
  });
}

}  // namespace mds
