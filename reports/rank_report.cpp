// Rank fidelity: how well early, narrow, single or cheap estimates predict the order of candidates after full training.
#include <cmath>

#include "reports/rank_rows.h"
#include "spec/listed.h"

namespace mds {
namespace {

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

std::string of(const RankRow& row) {
  return row.proxy + " (tau " + shown(number(row.tau), {.name = "", .digits = 2}) + ")";
}

// Says which proxies are worth what they cost, and which are not.
void add_verdicts(Table& table, const RankGroup& group) {
  std::vector<std::string> worth, no_more;
  for (const auto& row : group.rows)
    if (row.gain && row.gain_low) (*row.gain_low > 0 ? worth : no_more).push_back(of(row));
  if (!no_more.empty())
    table.footnotes.push_back(
        "No more than the parameter count tells, as the interval of gain includes 0 or lies below: " + listed(no_more) +
        ".");
  if (!worth.empty()) table.footnotes.push_back("More than the parameter count tells: " + listed(worth) + ".");
}

Table table_of(const RankGroup& group) {
  Table table{.title = "Rank fidelity in " + group.sweeps + ", protocol " + short_hash(group.protocol) + ", by " +
                       group.score + " after " + thousands(group.iterations) + " iterations",
              .columns = {{.name = "sweep", .audience = Audience::programs},
                          {.name = "protocol", .audience = Audience::programs},
                          {.name = "score", .audience = Audience::programs},
                          {.name = "kind", .weight = Weight::major},
                          {.name = "proxy", .weight = Weight::identity},
                          {.name = "against", .weight = Weight::usual},
                          {.name = "n", .weight = Weight::major},
                          {.name = "tau", .header = "tau-b", .digits = 2, .weight = Weight::identity},
                          {.name = "low", .audience = Audience::programs},
                          {.name = "high", .audience = Audience::programs},
                          interval_column("interval", Audience::people),
                          {.name = "k", .weight = Weight::minor},
                          {.name = "recall", .header = "recall of best k", .digits = 2, .weight = Weight::major},
                          {.name = "gain", .header = "gain over params", .digits = 2, .weight = Weight::major},
                          {.name = "gain_low", .audience = Audience::programs},
                          {.name = "gain_high", .audience = Audience::programs},
                          interval_column("gain_interval", Audience::people)}};
  for (const auto& row : group.rows)
    table.rows.push_back({group.sweeps, group.protocol, group.score, std::string(name_of(row.kind)), row.proxy,
                          row.against, row.n, number(row.tau), number(row.low), number(row.high),
                          interval_cell(row.low, row.high, 2), row.k, row.recall, number(row.gain),
                          number(row.gain_low), number(row.gain_high), interval_cell(row.gain_low, row.gain_high, 2)});
  add_verdicts(table, group);
  if (group.fully_trained < group.candidates)
    table.footnotes.push_back(std::to_string(group.candidates - group.fully_trained) + " of " +
                              std::to_string(group.candidates) +
                              " candidates were not trained to the end. Where only the best went on, their order is "
                              "harder to predict than that of all, and tau is lower.");
  table.footnotes.emplace_back(
      "tau-b: Kendall's, of means over the seeds that most candidates have, with the 95% interval of 1,000 bootstrap "
      "draws of candidates. best k: a quarter of n. gain: tau-b less that of the parameter count, whichever way round "
      "that orders better; paired.");
  return table;
}

std::vector<Table> rank_tables(const Database& database, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const auto& group : rank_groups(database, options))
    if (!group.rows.empty()) tables.push_back(table_of(group));
  return tables;
}

}  // namespace

constinit const Report rank_report{
    .name = "rank",
    .summary = "how well rungs, seeds, narrow proxies and costs predict the order after full training",
    .tables = rank_tables,
    .lacking = "holds no sweep with four candidates that were trained to the end and scored",
    .reads = "sweep score"};

}  // namespace mds
