// The work queue: runs and their states. A claim is one immediate transaction, so no two workers get the same run. It
// raises the run's fence, which makes every later write under an older lease fail.
#include <soci/soci.h>

#include "search/store/clock.h"
#include "search/store/store.h"

namespace mds {

using soci::into;
using soci::use;

namespace {

// A lease that ends later than one that begins now dates from before the clock was set back. If a worker still holds
// it, the fence refuses what it writes after the next claim.
constexpr const char* lease_is_over =
    "state = 'leased' AND (lease_expires_unix_s <= :now OR lease_expires_unix_s > :latest)";

}  // namespace

int64_t Store::ensure_run(const RunRow& row) {
  return writing<int64_t>([&] {
    const int64_t sweep = id_of("sweep", "name", row.sweep), arch = id_of("arch", "hash", row.arch);
    const int64_t protocol = id_of("protocol", "hash", row.protocol), now = unix_seconds();
    const int64_t full = row.proxy_of.empty() ? 0 : id_of("arch", "hash", row.proxy_of);
    auto full_mark = full ? soci::i_ok : soci::i_null;
    *sql_ << "INSERT INTO run(sweep_id, arch_id, protocol_id, seed, proxy_of_arch_id, state, rung, created_unix_s, "
             "updated_unix_s) VALUES(:sweep, :arch, :protocol, :seed, :full, 'queued', :rung, :created, :updated) "
             "ON CONFLICT(sweep_id, arch_id, protocol_id, seed) DO NOTHING",
        use(sweep), use(arch), use(protocol), use(row.seed), use(full, full_mark), use(row.rung), use(now), use(now);
    int64_t id = 0;
    *sql_ << "SELECT run_id FROM run WHERE sweep_id = :sweep AND arch_id = :arch AND protocol_id = :protocol AND seed "
             "= :seed",
        into(id), use(sweep), use(arch), use(protocol), use(row.seed);
    return id;
  });
}

// Otherwise a run whose workers all die without progress, for lack of memory for example, would be tried for ever.
void Store::give_up_on_deadly_runs(int64_t sweep_id, int64_t lease_seconds) {
  const int64_t now = unix_seconds(), latest = now + lease_seconds, most = most_deaths_without_progress;
  const std::string message = std::to_string(most) + " workers died at it without any progress";
  *sql_ << std::string(
               "UPDATE run SET state = 'failed', message = :message, updated_unix_s = :updated WHERE sweep_id = "
               ":sweep AND attempt >= :most AND ") +
               lease_is_over,
      use(message), use(now), use(sweep_id), use(most), use(now), use(latest);
}

std::optional<Lease> Store::claim(const std::string& sweep, const Worker& worker) {
  return writing<std::optional<Lease>>([&]() -> std::optional<Lease> {
    const int64_t sweep_id = id_of("sweep", "name", sweep), now = unix_seconds(), latest = now + worker.lease_seconds;
    give_up_on_deadly_runs(sweep_id, worker.lease_seconds);
    int64_t run = 0;
    *sql_ << std::string("SELECT run_id FROM run WHERE sweep_id = :sweep AND (state IN ('queued', 'promoted') OR ") +
                 lease_is_over + ") ORDER BY rung DESC, run_id LIMIT 1",
        into(run), use(sweep_id), use(now), use(latest);
    if (!sql_->got_data()) return std::nullopt;
    return take(run, worker);
  });
}

Lease Store::take(int64_t run, const Worker& worker) {
  return writing<Lease>([&] {
    const int64_t now = unix_seconds(), expires = now + worker.lease_seconds;
    auto device_mark = worker.device ? soci::i_ok : soci::i_null, env_mark = worker.env ? soci::i_ok : soci::i_null;
    Lease lease{.run = run, .lease_seconds = worker.lease_seconds};
    *sql_ << "UPDATE run SET state = 'leased', owner = :owner, lease_expires_unix_s = :expires, fence = fence + 1, "
             "attempt = attempt + 1, device_id = :device, env_id = :env, message = '', updated_unix_s = :now "
             "WHERE run_id = :run RETURNING rung, fence, attempt",
        into(lease.rung), into(lease.fence), into(lease.attempt), use(worker.owner), use(expires),
        use(worker.device, device_mark), use(worker.env, env_mark), use(now), use(run);
    if (!sql_->got_data()) fail("holds no run " + std::to_string(run));
    return lease;
  });
}

void Store::heartbeat(const Lease& lease) {
  const int64_t expires = unix_seconds() + lease.lease_seconds;
  transaction([&] {
    require_writable_run(lease);
    *sql_ << "UPDATE run SET lease_expires_unix_s = :expires, attempt = 0 WHERE run_id = :run", use(expires),
        use(lease.run);
  });
}

void Store::finish(const Lease& lease, RunState state, const std::string& message) {
  if (state == RunState::leased) fail("a lease ends in another state than leased");
  const std::string name(name_of(state));
  const int64_t now = unix_seconds();
  transaction([&] {
    require_writable_run(lease);
    *sql_ << "UPDATE run SET state = :state, message = :message, attempt = 0, lease_expires_unix_s = 0, updated_unix_s "
             "= :now "
             "WHERE run_id = :run",
        use(name), use(message), use(now), use(lease.run);
  });
}

void Store::promote(int64_t run, int64_t rung) {
  const int64_t now = unix_seconds();
  transaction([&] {
    std::string state;
    int64_t reached = 0;
    *sql_ << "SELECT state, rung FROM run WHERE run_id = :run", into(state), into(reached), use(run);
    if (!sql_->got_data()) fail("holds no run " + std::to_string(run));
    const bool resting = state == "paused" || state == "stopped";
    if (!resting && rung <= reached) return;  // promoted already, by a process that then died
    if (!resting || rung <= reached)
      fail("run " + std::to_string(run) + " is " + state + " at rung " + std::to_string(reached) +
           " and cannot be promoted to rung " + std::to_string(rung) +
           "; promoted are paused or stopped runs, to a deeper rung");
    *sql_ << "UPDATE run SET state = 'promoted', rung = :rung, updated_unix_s = :now WHERE run_id = :run", use(rung),
        use(now), use(run);
  });
}

void Store::retry(int64_t run) {
  const int64_t now = unix_seconds();
  transaction([&] {
    int64_t queued = 0;
    *sql_ << "UPDATE run SET state = CASE rung WHEN 0 THEN 'queued' ELSE 'promoted' END, message = '', attempt = 0, "
             "updated_unix_s = :now WHERE run_id = :run AND state IN ('failed', 'done') RETURNING 1",
        into(queued), use(now), use(run);
    if (!sql_->got_data()) fail("run " + std::to_string(run) + " has neither failed nor finished, or is not there");
  });
}

void Store::stop(int64_t run, const std::string& message) {
  const int64_t now = unix_seconds();
  transaction([&] {
    require_writable_run(run);
    *sql_ << "UPDATE run SET state = 'stopped', message = :message, updated_unix_s = :now "
             "WHERE run_id = :run AND state IN ('queued', 'paused', 'promoted')",
        use(message), use(now), use(run);
  });
}

}  // namespace mds
