#include "experiments/deletion.h"

#include <filesystem>

#include "experiments/run_files.h"
#include "reports/rows.h"
#include "search/store/upkeep.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr size_t most_listed = 12, shortest_hash = 6;

// A sweep's name in a database may be malicious; it must not lead to a folder outside of the artifacts.
bool names_folder(const std::string& sweep) {
  try {
    check_folder_name(sweep, {});
  } catch (const ConfigError&) {
    return false;
  }
  return true;
}

std::vector<std::string> files_of_runs(const std::string& artifacts, const std::string& sweep,
                                       const std::vector<RunRow>& runs) {
  std::vector<std::string> files;
  if (names_folder(sweep))
    for (const auto& run : runs) files.push_back(files_of(sweep_folder(artifacts, sweep), run).folder);
  return files;
}

// Removes files and returns those that existed.
std::vector<std::string> without_files(const std::vector<std::string>& files) {
  std::vector<std::string> gone;
  for (const auto& file : files) {
    std::error_code error;
    if (fs::remove_all(file, error) > 0 && !error) gone.push_back(file);
    if (error) throw FileError(file + ": cannot be removed: " + error.message());
  }
  return gone;
}

struct NamedRun {
  std::string sweep;
  int64_t run = 0;
  std::string candidate;

  static void columns(auto& self, auto&& column) {
    column("sweep", self.sweep);
    column("run_id", self.run);
    column("name", self.candidate);
  }
};

[[noreturn]] void fail_unclear(const std::string& what, const std::string& name,
                               const std::vector<std::string>& known) {
  std::vector<std::string> few(known.begin(), known.begin() + std::ptrdiff_t(std::min(known.size(), most_listed)));
  if (few.size() < known.size()) few.push_back(std::to_string(known.size() - few.size()) + " more");
  throw RequestError(
      what + " \"" + name + "\" is " +
      (known.empty() ? "not there: the database has none" : "not there, or is ambiguous; known: " + listed(few)));
}

// Finds a run by its number, or as SWEEP/CANDIDATE; trainings have the sweep "train/".
NamedRun find_run(const Database& database, const std::string& name) {
  const auto all = query_rows<NamedRun>(database, "FROM run_summary ORDER BY run_id");
  std::vector<NamedRun> found;
  for (const auto& run : all) {
    const std::string path = (run.sweep == trainings ? run.sweep : run.sweep + "/") + run.candidate;
    if (name == std::to_string(run.run) || name == path) found.push_back(run);
  }
  if (found.size() == 1) return found.front();
  fail_unclear("the run", name, [&] {
    std::vector<std::string> known;
    for (const auto& run : found.empty() ? all : found)
      known.push_back(std::to_string(run.run) + " (" + run.sweep + (run.sweep == trainings ? "" : "/") + run.candidate +
                      ")");
    return known;
  }());
}

std::string find_model(const Database& database, const std::string& name) {
  std::vector<std::string> hashes, known;
  for (const auto& model : all_models(database)) {
    known.push_back(model.name + " (" + model.hash.substr(0, shortest_hash) + ")");
    if (model.name == name || (name.size() >= shortest_hash && model.hash.starts_with(name)))
      hashes.push_back(model.hash);
  }
  if (hashes.size() == 1) return hashes.front();
  fail_unclear("the model", name, known);
}

struct Gone {
  Removal removal;
  std::vector<std::string> files{};  // to be removed too
};

Gone gone_of(Database& database, const Deletion& deletion) {
  if (deletion.kind == "sweep") {
    if (!sweep_config(database, deletion.name) || deletion.name == trainings) {
      std::vector<std::string> known = sweep_names(database);
      std::erase(known, trainings);
      fail_unclear("the sweep", deletion.name, known);
    }
    Gone gone{remove_sweep(database, deletion.name)};
    gone.files = files_of_runs(deletion.artifacts, deletion.name, gone.removal.runs);
    if (names_folder(deletion.name))
      for (const auto& file : sweep_results(sweep_folder(deletion.artifacts, deletion.name)))
        gone.files.push_back(file);
    return gone;
  }
  if (deletion.kind == "run") {
    const NamedRun run = find_run(database, deletion.name);
    Gone gone{remove_run(database, run.sweep, run.run)};
    gone.files = files_of_runs(deletion.artifacts, run.sweep, gone.removal.runs);
    return gone;
  }
  if (deletion.kind != "model")
    throw RequestError("db delete " + deletion.kind + ": expected sweep, run or model, and its name");
  return {remove_model(database, find_model(database, deletion.name))};
}

}  // namespace

std::string deleted(Database& database, const Deletion& deletion, Format format) {
  const Gone gone = gone_of(database, deletion);
  std::vector<std::string> files;
  if (!deletion.keep_files) files = without_files(gone.files);
  std::error_code ignored;
  if (!files.empty() && deletion.kind == "sweep")
    fs::remove(sweep_folder(deletion.artifacts, deletion.name), ignored);  // if empty
  Table table{.title = database.file() + ": the " + deletion.kind + " " + deletion.name + " was removed",
              .columns = {{.name = "table"}, {.name = "rows"}},
              .footnotes = {files.empty() ? "No file was removed." : "Removed with it: " + listed(files) + "."}};
  for (const auto& [name, rows] : gone.removal.rows) table.rows.push_back({name, rows});
  if (format != Format::json) return to_text(table, format);
  return Json{{"kind", deletion.kind}, {"name", deletion.name}, {"rows", rows_json(table)}, {"files", files}}.dump(2) +
         "\n";
}

}  // namespace mds
