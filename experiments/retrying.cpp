#include "experiments/retrying.h"

#include <algorithm>
#include <set>

#include "spec/error.h"
#include "spec/nearest.h"

namespace mds {
namespace {

struct StoredRun {
  std::string sweep;
  int64_t run = 0;
  std::string candidate, state;
  int64_t rung = 0;

  static void columns(auto& self, auto&& column) {
    column("sweep", self.sweep);
    column("run_id", self.run);
    column("name", self.candidate);
    column("state", self.state);
    column("rung", self.rung);
  }

  bool is_named(const std::string& name) const {
    return name == std::to_string(run) || name == candidate + "@" + sweep;
  }
};

std::vector<StoredRun> all_runs(const Database& database) {
  return query_rows<StoredRun>(database, "FROM run_summary ORDER BY run_id");
}

// The runs that the name means, whatever their state.
std::vector<StoredRun> meant(const std::vector<StoredRun>& runs, const std::string& name) {
  std::vector<StoredRun> found;
  std::set<std::string> names;
  for (const auto& run : runs) {
    if (run.is_named(name) || run.sweep == name) found.push_back(run);
    if (run.sweep != trainings) names.insert(run.sweep);
    if (run.state == "failed") names.insert(run.candidate + "@" + run.sweep);
  }
  if (found.empty())
    throw RequestError("no run and no sweep is called \"" + name + "\"" +
                       offer(name, {names.begin(), names.end()}, "known"));
  if (found.front().sweep == trainings)
    throw RequestError(name + " is a training; `mdsearch train` with its configuration goes on with it");
  return found;
}

}  // namespace

Table retried(Database& database, const std::string& name) {
  Table table{.columns = {{.name = "run"}, {.name = "sweep"}, {.name = "candidate"}, {.name = "rung"}}};
  database.transaction([&] {
    const std::vector<StoredRun> runs = meant(all_runs(database), name);
    for (const auto& run : runs) {
      if (run.state != "failed" && !(run.is_named(name) && run.state == "done")) continue;
      retry(database, run.run);
      table.rows.push_back({run.run, run.sweep, run.candidate, run.rung + 1});
    }
    if (table.rows.empty())
      throw RequestError("none of the " + std::to_string(runs.size()) + " runs of " + name +
                         " has failed; allowed: runs that failed, or by their own name finished ones");
  });
  table.title = database.file() + ": queued again";
  table.footnotes = {"`mdsearch sweep` with the sweep's configuration goes on with them."};
  return table;
}

}  // namespace mds
