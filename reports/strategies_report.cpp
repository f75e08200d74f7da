// What search strategies find in stored sweeps: each is played over the candidates that were trained to the end, as if
// the space had no others, beside random search, which a strategy has to beat.
#include <algorithm>
#include <cmath>
#include <map>

#include "reports/report.h"
#include "search/moves.h"
#include "search/named_network.h"
#include "search/replay.h"
#include "search/strategy_replay.h"

namespace mds {
namespace {

constexpr size_t fewest_played = 8;
constexpr uint64_t searches = 40;  // of each strategy, under seeds of their own

// Curves of the score by network, means over seeds, lower is better.
std::map<std::string, std::vector<double>> whole_curves(const std::vector<SweepCandidate>& rows,
                                                        const std::string& score) {
  std::map<std::string, std::map<int64_t, std::vector<double>>> values;
  size_t rungs = 0;
  const double sign = direction_of(score) == Better::higher ? -1 : 1;
  for (const auto& row : rows)
    for (const auto& metric : row.evaluations)
      if (metric.name == score && std::isfinite(metric.value)) {
        auto& curve = values[row.hash];
        curve[metric.iteration].push_back(sign * metric.value);
        rungs = std::max(rungs, curve.size());
      }
  std::map<std::string, std::vector<double>> curves;
  for (const auto& [hash, curve] : values)
    for (const auto& [iteration, seeds] : curve)
      if (curve.size() == rungs) curves[hash].push_back(mean_with_interval(seeds).value);
  return curves;
}

// The sweep's space; none for a list of networks, and where its file is not there.
std::optional<Space> space_of(const Database& database, const std::string& sweep) {
  const StoredPlace place{"sweep", sweep, "config_json"};
  const Json config = stored_object(database, place, sweep_config(database, sweep).value());
  const auto file = stored_value(config, "space", std::string(), place_of(database, place));
  if (file.empty()) return std::nullopt;
  try {
    return Space(load_space(file), file);
  } catch (const FileError&) {
    return std::nullopt;
  }
}

TrainedTable trained_table(const Database& database, const Space& space,
                           const std::map<std::string, std::vector<double>>& curves) {
  TrainedTable table{.space = space};
  for (const auto& [hash, curve] : curves) {
    const auto network = network_of(find_arch(database, hash).value());
    const auto* unet = std::get_if<UNetSpec>(&network);
    const auto point = unet ? point_of(space, *unet) : std::nullopt;
    if (!point) continue;
    table.points.push_back(*point);
    table.curves.push_back(curve);
  }
  return table;
}

Table empty_table(const std::string& sweep, const std::string& score, size_t candidates, bool factor) {
  const Column bound{.name = "", .scale = factor ? 100.0 : 1.0, .digits = factor ? 1 : 4};
  Table table{.title = "Strategies played over " + sweep + ", of which " + std::to_string(candidates) +
                       " candidates have a whole curve of " + score,
              .columns = {{.name = "sweep", .audience = Audience::programs},
                          {.name = "strategy", .weight = Weight::identity},
                          {.name = "trainings", .weight = Weight::identity},
                          {.name = "searches", .weight = Weight::minor},
                          bound,
                          bound,
                          bound,
                          {.name = "found", .header = "finds the best %", .scale = 100, .digits = 0}}};
  table.columns[4].name = "regret";
  table.columns[4].header = factor ? "regret %" : "regret";
  table.columns[5].name = "low";
  table.columns[6].name = "high";
  table.footnotes = {
      "regret: how much worse the best found ends than the best of all; a mean over searches that differ in "
      "their seed, with its 95% interval. Each candidate has the one result that was measured: what "
      "differs by less than the spread of training seeds is no difference.",
      "A strategy is told of the whole curve of each candidate, one after the other; of random networks at "
      "the beginning there are as many as an eighth of all."};
  return table;
}

void play(const TrainedTable& trained, const StrategyConfig& config, bool factor, Table& table) {
  double best = trained.curves.front().back();
  for (const auto& curve : trained.curves) best = std::min(best, curve.back());
  const auto all = int64_t(trained.points.size());
  std::vector<std::vector<double>> lowest;
  for (uint64_t seed = 0; seed < searches; ++seed) {
    StrategyConfig seeded = config;
    seeded.seed = seed;
    lowest.push_back(lowest_ends(seeded, trained, all / 2));
  }
  for (const int64_t trainings : {all / 4, all / 2}) {
    std::vector<double> regrets, found;
    for (const auto& ends : lowest) {
      const double end = ends[size_t(trainings - 1)];
      regrets.push_back(factor ? end / best - 1 : end - best);
      found.push_back(end <= best ? 1 : 0);
    }
    const Mean regret = mean_with_interval(regrets);
    table.rows.push_back({Json(), std::string(name_of(config.kind)), trainings, searches, regret.value,
                          regret.interval.low, regret.interval.high, mean_with_interval(found).value});
  }
}

std::vector<Table> strategies_tables(const Database& database, const ReportOptions& options) {
  std::map<std::string, std::vector<SweepCandidate>> sweeps;
  auto all = candidates(database, options.sweep);
  require_known_score(score_names(all), options.score);
  for (auto& row : all) sweeps[row.sweep].push_back(std::move(row));
  std::vector<Table> tables;
  for (const auto& [sweep, rows] : sweeps) {
    const std::string score = decisive_score(score_names(rows), options.score);
    const auto curves = whole_curves(rows, score);
    const auto space = curves.size() < fewest_played ? std::nullopt : space_of(database, sweep);
    if (!space) continue;
    const TrainedTable trained = trained_table(database, *space, curves);
    if (trained.points.size() < fewest_played) continue;
    const bool factor = score_kind(score)->measure == Measure::log_distance;
    Table table = empty_table(sweep, score, trained.points.size(), factor);
    const auto population = std::max<int64_t>(2, int64_t(trained.points.size()) / 8);
    for (const auto kind : {StrategyKind::random, StrategyKind::evolution, StrategyKind::nsga2, StrategyKind::model})
      play(trained, {.kind = kind, .ahead = 0, .population = population, .sample = (population + 1) / 2, .pool = 64},
           factor, table);
    for (auto& row : table.rows) row.front() = sweep;
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace

constinit const Report strategies_report{
    .name = "strategies",
    .summary = "what strategies find among the trained candidates of a sweep, after how many trainings",
    .tables = strategies_tables,
    .lacking = "holds no sweep of a space, whose file is there, with eight candidates that were trained to the end",
    .reads = "sweep score"};

}  // namespace mds
