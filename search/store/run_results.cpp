#include "search/store/run_results.h"

#include "search/store/select.h"

namespace mds {

void add_metric(Database& database, const RunRef& run, MetricRow row) {
  database.row_transaction([&] {
    require_writable_run(database, run);
    if (row.protocol.empty())
      row.protocol = stored_rows<RunRow>(database, "WHERE run_id = :run", run.run).front().protocol;
    row.run = run.run;
    insert(database, row);
  });
}

void add_evaluation_sample(Database& database, const RunRef& run, EvaluationSampleRow row) {
  database.row_transaction([&] {
    require_writable_run(database, run);
    row.run = run.run;
    insert(database, row);
  });
}

void add_checkpoint(Database& database, const RunRef& run, CheckpointRow row) {
  database.row_transaction([&] {
    require_writable_run(database, run);
    row.run = run.run;
    insert(database, row);
  });
}

void drop_checkpoints(Database& database, int64_t run) {
  database.execute("DELETE FROM checkpoint WHERE run_id = :run", run);
}

void add_picture(Database& database, const RunRef& run, PictureRow row) {
  database.row_transaction([&] {
    require_writable_run(database, run);
    const auto newer = select<int64_t>(database,
                                       "SELECT picture_id FROM picture WHERE run_id = :run AND (iteration > :iteration "
                                       "OR (iteration = :iteration2 AND prompt = :prompt AND seed = :seed))",
                                       run.run, row.iteration, row.iteration, row.prompt, row.seed);
    if (!newer.empty()) return;
    database.execute("DELETE FROM picture WHERE run_id = :run AND iteration < :iteration", run.run, row.iteration);
    row.run = run.run;
    insert(database, row);
  });
}

void add_decision(Database& database, DecisionRow row) {
  row.decided_unix_s = database.now();
  insert(database, row);
}

std::vector<MetricRow> metrics_of(const Database& database, int64_t run) {
  return stored_rows<MetricRow>(database, "WHERE run_id = :run ORDER BY name, iteration, eval_seed", run);
}

std::vector<MetricRow> curve_of(const Database& database, int64_t run, const std::string& name) {
  return stored_rows<MetricRow>(database, "WHERE run_id = :run AND name = :name ORDER BY iteration, eval_seed", run,
                                name);
}

std::vector<EvaluationSampleRow> evaluation_samples_of(const Database& database, int64_t run) {
  return stored_rows<EvaluationSampleRow>(database, "WHERE run_id = :run ORDER BY iteration, name, kind", run);
}

std::vector<DecisionRow> decisions_of(const Database& database, int64_t run) {
  return stored_rows<DecisionRow>(database, "WHERE run_id = :run ORDER BY decision_id", run);
}

std::set<int64_t> audited_runs(const Database& database, const std::string& sweep) {
  std::set<int64_t> runs;
  for (const auto& [run] : select<int64_t>(database,
                                           "SELECT run_id FROM decision JOIN run USING(run_id) JOIN sweep "
                                           "USING(sweep_id) WHERE audited <> 0 AND name = :sweep",
                                           sweep))
    runs.insert(run);
  return runs;
}

std::vector<CheckpointRow> checkpoints_of(const Database& database, int64_t run) {
  return stored_rows<CheckpointRow>(database, "WHERE run_id = :run ORDER BY iteration, checkpoint_id", run);
}

}  // namespace mds
