// How well the sum of a network's blocks, each timed once and shared among networks, predicts the time of the whole.
#include <algorithm>
#include <cmath>

#include "reports/report.h"
#include "spec/rank_correlation.h"

namespace mds {
namespace {

struct Predicted {
  const NetworkProfile* profile;
  double sum_ms, whole_ms;
  double error() const { return sum_ms / whole_ms - 1; }
};

std::string in_digits(double value, int digits) { return shown(Json(value), {.name = "", .digits = digits}); }

Table table_of(const Setting& setting, const std::vector<Predicted>& predicted) {
  Table table{.title = "Sum of blocks against the whole: " + to_string(setting),
              .columns = {{.name = "network", .weight = Weight::identity},
                          {.name = "hash", .weight = Weight::minor, .letters = 8},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1},
                          {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 1},
                          {.name = "sum_ms", .header = "sum of blocks ms", .digits = 1, .weight = Weight::major},
                          {.name = "whole_ms", .header = "whole ms", .digits = 1, .weight = Weight::major},
                          {.name = "error", .header = "error %", .scale = 100, .digits = 1, .weight = Weight::major},
                          {.name = "setting", .audience = Audience::programs}}};
  std::vector<double> sums, wholes;
  double errors = 0;
  for (const auto& each : predicted) {
    const NetworkProfile& profile = *each.profile;
    table.rows.push_back({profile.name.empty() ? short_hash(profile.hash) : profile.name, profile.hash, profile.params,
                          profile.macs_valid, each.sum_ms, each.whole_ms, each.error(), to_string(setting)});
    sums.push_back(each.sum_ms);
    wholes.push_back(each.whole_ms);
    errors += std::abs(each.error()) / double(predicted.size());
  }
  const auto tau = kendall_tau_b(sums, wholes);
  const auto error = [](const Predicted& each) { return std::abs(each.error()); };
  table.footnotes = {std::to_string(predicted.size()) + " networks: mean error " + in_digits(100 * errors, 1) +
                         " %, largest " + in_digits(100 * error(std::ranges::max(predicted, {}, error)), 1) +
                         " %; Kendall's tau-b of the two orders " +
                         (tau ? in_digits(*tau, 3) : "is not defined, as all are equal") + ".",
                     "A block with its site is timed once, in whichever network it was met first."};
  return table;
}

std::vector<Table> prediction_tables(const Database& database, const ReportOptions& options) {
  const auto profiles = profiles_of(database, options.network);
  std::map<Setting, std::vector<Predicted>> by_setting;
  for (const auto& profile : profiles)
    if (profile.complete() && !profile.has_rejected() && profile.whole)
      by_setting[profile.setting].push_back({&profile, profile.blocks_ns() * 1e-6, profile.whole->median_ns * 1e-6});
  std::vector<Table> tables;
  for (const auto& [setting, predicted] : by_setting)
    if (predicted.size() > 1) tables.insert(tables.begin(), table_of(setting, predicted));
  if (!options.all && tables.size() > 1) tables.resize(1);
  return tables;
}

}  // namespace

constinit const Report prediction_report{
    .name = "prediction",
    .summary = "sum of block latencies against measured latencies of whole networks",
    .tables = prediction_tables,
    .lacking =
        "holds no two networks of which the whole and all blocks were timed under one setting; `mdsearch profile "
        "NAME --blocks` times them",
    .reads = "network all"};

}  // namespace mds
