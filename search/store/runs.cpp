#include "search/store/runs.h"

#include "search/store/dialect.h"
#include "search/store/select.h"
#include "spec/error.h"

namespace mds {

void require_writable_run(const Database& database, const RunRef& run) {
  const std::string name = "run " + std::to_string(run.run);
  const auto found = select<int64_t, std::string>(
      database, "SELECT fence, state FROM run WHERE run_id = :run" + database.dialect().lock_rows(), run.run);
  if (found.empty()) database.fail("holds no " + name);
  const auto& [fence, state] = found.front();
  const bool leased = state == name_of(RunState::leased);
  if (!run.fence && leased) database.fail(name + " is leased to a worker; only its lease may write");
  if (run.fence && (!leased || *run.fence != fence))
    throw LeaseLost(database.file() + ": " + name + ": late write refused: the lease with token " +
                    std::to_string(*run.fence) + " has ended; the run is " + state + ", its token " +
                    std::to_string(fence));
}

std::string add_protocol(Database& database, const std::string& json) {
  const std::string text = parse_json(json, database.file() + ": the new protocol").dump();
  const ProtocolRow row{sha256(text), text};
  insert(database, row);
  return row.hash;
}

void add_sweep(Database& database, const std::string& name, const std::string& config_json) {
  if (name.empty()) database.fail("a sweep needs a name");
  insert(database, SweepRow{name, config_json, database.now()});
}

int64_t ensure_run(Database& database, RunRow row) {
  row.created_unix_s = row.updated_unix_s = database.now();
  return insert_numbered(database, row);
}

std::vector<std::string> sweep_names(const Database& database) {
  std::vector<std::string> names;
  for (auto& row : stored_rows<SweepRow>(database, "ORDER BY sweep_id")) names.push_back(std::move(row.name));
  return names;
}

std::optional<std::string> sweep_config(const Database& database, const std::string& name) {
  const auto rows = stored_rows<SweepRow>(database, "WHERE name = :name", name);
  return rows.empty() ? std::nullopt : std::optional(rows.front().config_json);
}

std::vector<RunRow> runs_of(const Database& database, const std::string& sweep) {
  return stored_rows<RunRow>(
      database, "WHERE sweep_id = (SELECT sweep_id FROM sweep WHERE name = :sweep) ORDER BY run_id", sweep);
}

}  // namespace mds
