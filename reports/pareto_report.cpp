// Cost against score. A front is computed among all candidates that were scored under one protocol after the same
// number of images seen, including those that trained further later.
#include <algorithm>
#include <map>
#include <tuple>

#include "reports/choices.h"
#include "reports/page_sweep.h"
#include "reports/report.h"
#include "search/dominance.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

Objectives objectives_of(const CostPoint& point, Better better) {
  return {double(point.candidate.macs_valid), better == Better::lower ? point.score.value : -point.score.value};
}

void mark_front(CostGroup& group) {
  const Better better = *direction_of(group.metric);
  for (auto& point : group.points)
    point.front = std::none_of(group.points.begin(), group.points.end(), [&](const auto& other) {
      return dominates(objectives_of(other, better), objectives_of(point, better));
    });
}

Table table_of(const CostGroup& group) {
  std::vector<double> values;
  for (const auto& point : group.points) values.push_back(point.score.value);
  const int digits = digits_for(values);
  Table table{.title = "Cost against " + group.metric + " after " + thousands(group.iteration) + " iterations (" +
                       thousands(group.images_seen) + " images), protocol " + short_hash(group.protocol) +
                       ", evaluation seed " + std::to_string(group.eval_seed),
              .columns = {{.name = "name", .header = "candidate", .weight = Weight::identity},
                          {.name = "hash", .audience = Audience::programs, .letters = 8},
                          {.name = "choices", .audience = Audience::programs}}};
  std::vector<Json> choices;
  for (const auto& [candidate, score, front] : group.points) {
    table.rows.push_back({label(candidate), candidate.hash, candidate.choices});
    choices.push_back(candidate.choices);
  }
  add_choice_columns(table, choices);
  Column value = score_column(group.metric, digits);
  value.name = "value";
  value.weight = Weight::identity;
  const std::vector<Column> columns{
      {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1},
      {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 1, .weight = Weight::major},
      {.name = "metric", .audience = Audience::programs},
      value,
      {.name = "low", .audience = Audience::programs},
      {.name = "high", .audience = Audience::programs},
      interval_column("interval", Audience::people),
      {.name = "n", .weight = Weight::least},
      {.name = "iteration", .audience = Audience::programs},
      {.name = "images_seen", .audience = Audience::programs},
      {.name = "eval_seed", .audience = Audience::programs},
      {.name = "protocol", .audience = Audience::programs},
      {.name = "device", .audience = Audience::programs},
      {.name = "front", .weight = Weight::major}};
  table.columns.insert(table.columns.end(), columns.begin(), columns.end());
  for (size_t i = 0; i < group.points.size(); ++i) {
    const auto& [candidate, score, front] = group.points[i];
    table.rows[i].insert(
        table.rows[i].end(),
        {candidate.params, candidate.macs_valid, group.metric, score.value, score.low ? Json(*score.low) : Json(),
         score.high ? Json(*score.high) : Json(), interval_cell(score.low, score.high, digits), score.n,
         score.iteration, score.images_seen, score.eval_seed, group.protocol, candidate.device, front});
  }
  return table;
}

}  // namespace

std::vector<CostGroup> cost_groups(const std::vector<SweepCandidate>& rows) {
  using Key = std::tuple<std::string, std::string, std::string, int64_t, int64_t>;
  std::map<Key, CostGroup> groups;
  for (const auto& row : rows)
    for (const auto& score : row.evaluations) {
      // Sorts groups with the most images seen first.
      CostGroup& group = groups[{score.name, row.protocol, score.protocol, -score.images_seen, score.eval_seed}];
      group.metric = score.name;
      group.protocol = row.protocol;
      group.images_seen = score.images_seen;
      group.iteration = score.iteration;
      group.eval_seed = score.eval_seed;
      group.points.push_back({.candidate = row, .score = score});
    }
  std::vector<CostGroup> list;
  for (auto& [key, group] : groups) {
    std::stable_sort(group.points.begin(), group.points.end(),
                     [](const auto& a, const auto& b) { return a.candidate.macs_valid < b.candidate.macs_valid; });
    mark_front(group);
    list.push_back(std::move(group));
  }
  return list;
}

namespace {

std::vector<Table> pareto_tables(const Database& database, const ReportOptions& options) {
  auto groups = cost_groups(candidates(database, options.sweep));
  std::set<std::string> names;
  for (const auto& group : groups) names.insert(group.metric);
  require_known_score(names, options.score);
  const std::string first = decisive_score(names, options.score);
  std::stable_partition(groups.begin(), groups.end(), [&](const CostGroup& group) { return group.metric == first; });
  std::vector<Table> tables;
  for (const auto& group : groups) tables.push_back(table_of(group));
  return tables;
}

PagePlots pareto_plots(const Database& database, const ReportOptions& options) {
  const auto rows = candidates(database, options.sweep);
  return {.html = cost_plots(rows, plain_names(rows)), .candidates = rows};
}

}  // namespace

constinit const Report pareto_report{.name = "pareto",
                                     .summary = "cost against score, and who is on the front",
                                     .tables = pareto_tables,
                                     .lacking = "holds no sweep with a score; `mdsearch sweep CONFIG` makes one",
                                     .reads = "sweep score",
                                     .plots = pareto_plots};

}  // namespace mds
