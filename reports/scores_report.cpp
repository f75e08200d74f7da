// Scores of `mdsearch evaluate`. Scores of one name and one protocol are comparable and share a table.
#include "reports/report.h"

namespace mds {
namespace {

Table empty_table(const Database& database, const ScoreRow& row) {
  return {.title = row.name + " under protocol " + short_hash(row.protocol),
          .columns = {{.name = "subject_name", .header = "pictures or model", .weight = Weight::identity},
                      {.name = "subject", .audience = Audience::programs},
                      {.name = "iteration"},
                      {.name = "name", .audience = Audience::programs},
                      {.name = "value", .weight = Weight::identity},
                      {.name = "low"},
                      {.name = "high"},
                      {.name = "n"},
                      {.name = "seed"},
                      {.name = "protocol", .audience = Audience::programs},
                      {.name = "conditions", .audience = Audience::programs},
                      {.name = "measured_unix_s", .audience = Audience::programs}},
          .rows = {},
          .footnotes = {"Protocol: " + protocol_words(protocol_json(database, row.protocol)) + "."}};
}

std::vector<Table> scores_tables(const Database& database, const ReportOptions& options) {
  std::vector<Table> tables;
  std::string name, protocol;
  for (const auto& row : all_scores(database)) {
    if (!is_asked(options, row.subject_name, row.subject)) continue;
    if (row.name != name || row.protocol != protocol) tables.push_back(empty_table(database, row));
    name = row.name;
    protocol = row.protocol;
    tables.back().rows.push_back({row.subject_name, row.subject, row.iteration, row.name, row.value, row.low, row.high,
                                  row.n, row.eval_seed, row.protocol,
                                  json_or_null(protocol_json(database, row.protocol)), row.measured_unix_s});
  }
  if (tables.size() > 1)
    tables.back().footnotes.push_back("Scores of different names or protocols stand in tables of their own.");
  return tables;
}

}  // namespace

constinit const Report scores_report{
    .name = "scores",
    .summary = "scores of pictures and models, a table for each protocol",
    .tables = scores_tables,
    .lacking = "holds no score; `mdsearch evaluate ... --db` of this database adds them",
    .reads = "network"};

}  // namespace mds
