// Learning curves as one long table, the form in which other programs read a tabular benchmark: a row for each
// candidate, seed and evaluation, a column for each choice and score.
#include <algorithm>
#include <set>

#include "reports/report.h"

namespace mds {
namespace {

using ScoresByName = std::map<std::string, MetricRow>;  // by score

std::map<int64_t, ScoresByName> evaluations_of(const SweepCandidate& run) {
  std::map<int64_t, ScoresByName> evaluations;
  for (const auto& score : run.evaluations)
    if (score_kind(score.name)) evaluations[score.iteration][score.name] = score;
  return evaluations;
}

// What the runs differ in, in the order in which they name it.
std::vector<std::string> choice_names(const std::vector<SweepCandidate>& runs) {
  std::vector<std::string> names;
  for (const auto& run : runs)
    for (const auto& [name, value] : run.choices.items())
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

std::vector<Column> columns_of(const std::vector<std::string>& choices, const std::set<std::string>& scores) {
  std::vector<Column> columns{{.name = "sweep", .weight = Weight::minor},
                              {.name = "name", .header = "candidate", .weight = Weight::identity},
                              {.name = "hash", .weight = Weight::least, .letters = 8},
                              {.name = "trained_hash", .audience = Audience::programs},
                              {.name = "protocol", .audience = Audience::programs},
                              {.name = "seed", .weight = Weight::minor},
                              {.name = "state", .weight = Weight::least},
                              {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1},
                              {.name = "macs", .audience = Audience::programs},
                              {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 1},
                              {.name = "iteration", .weight = Weight::identity},
                              {.name = "images_seen", .audience = Audience::programs}};
  for (const auto& name : scores) {
    columns.push_back(score_column(name, 4));
    for (const char* bound : {"_low", "_high"})
      columns.push_back({.name = name + bound, .audience = Audience::programs});
  }
  for (const auto& name : choices) columns.push_back({.name = name, .audience = Audience::programs});
  return columns;
}

std::vector<Json> row_of(const SweepCandidate& run, int64_t iteration, const ScoresByName& evaluation) {
  return {run.sweep, label(run), run.hash, run.trained_hash, run.protocol, run.seed,
          run.state, run.params, run.macs, run.macs_valid,   iteration,    evaluation.begin()->second.images_seen};
}

std::vector<Table> curves_tables(const Database& database, const ReportOptions& options) {
  const auto runs = candidates(database, options.sweep);
  const auto choices = choice_names(runs);
  std::set<std::string> scores;
  for (const auto& run : runs)
    for (const auto& score : run.evaluations)
      if (score_kind(score.name)) scores.insert(score.name);
  Table table{.title = "Learning curves", .columns = columns_of(choices, scores)};
  for (const auto& run : runs)
    for (const auto& [iteration, evaluation] : evaluations_of(run)) {
      table.rows.push_back(row_of(run, iteration, evaluation));
      for (const auto& name : scores) {
        const auto score = evaluation.find(name);
        const bool has = score != evaluation.end();
        table.rows.back().push_back(has ? Json(score->second.value) : Json());
        for (const auto bound : {&MetricRow::low, &MetricRow::high})
          table.rows.back().push_back(has && score->second.*bound ? Json(*(score->second.*bound)) : Json());
      }
      for (const auto& name : choices) table.rows.back().push_back(run.choices.value(name, Json()));
    }
  return {table};
}

}  // namespace

constinit const Report curves_report{
    .name = "curves",
    .summary = "every score of every candidate, one row for each evaluation: a table for other programs",
    .tables = curves_tables,
    .lacking = "holds no scored candidate; `mdsearch sweep CONFIG` makes some",
    .reads = "sweep"};

}  // namespace mds
