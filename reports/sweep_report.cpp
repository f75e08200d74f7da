// The candidates of a sweep: one row each, one table for each sweep and protocol. Counts are those of the full-scale
// network even where a proxy was trained; scores are those of the trained network.
#include <algorithm>
#include <map>
#include <set>

#include "reports/choices.h"
#include "reports/page.h"
#include "reports/report.h"
#include "spec/listed.h"

namespace mds {
namespace {

using Group = std::vector<SweepCandidate>;

std::vector<Group> by_sweep_and_protocol(const std::vector<SweepCandidate>& rows) {
  std::map<std::pair<std::string, std::string>, Group> groups;
  for (const auto& row : rows) groups[{row.sweep, row.protocol}].push_back(row);
  std::vector<Group> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

std::optional<MetricRow> score_of(const SweepCandidate& row, const std::string& name) {
  const auto score = row.scores.find(name);
  return score == row.scores.end() ? std::nullopt : std::optional(score->second);
}

// Order: scored after the most iterations first, then best score first; candidates without a score last.
void sort_by_merit(Group& group, const std::string& decisive) {
  const auto merit = [&](const SweepCandidate& row) {
    const auto score = score_of(row, decisive);
    if (!score) return std::pair{int64_t{1}, 0.0};
    return std::pair{-score->iteration, direction_of(decisive) == Better::lower ? score->value : -score->value};
  };
  std::stable_sort(group.begin(), group.end(), [&](const auto& a, const auto& b) { return merit(a) < merit(b); });
}

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json scores_json(const SweepCandidate& row) {
  Json scores = Json::object();
  for (const auto& [name, score] : row.scores)
    scores[name] = {{"value", score.value},
                    {"low", optional_json(score.low)},
                    {"high", optional_json(score.high)},
                    {"n", score.n},
                    {"iteration", score.iteration},
                    {"images_seen", score.images_seen},
                    {"seed", score.eval_seed},
                    {"protocol", score.protocol}};
  return scores;
}

// The setting under which most candidates have a latency; where several are equally frequent, the newest program's.
std::optional<Setting> common_setting(const std::vector<NetworkProfile>& profiles, const Group& group) {
  std::map<Setting, int> counts;
  for (const auto& profile : profiles)
    for (const auto& row : group) counts[profile.setting] += row.hash == profile.hash && profile.summed();
  const auto most =
      std::max_element(counts.rbegin(), counts.rend(), [](auto& a, auto& b) { return a.second < b.second; });
  return most == counts.rend() || most->second == 0 ? std::nullopt : std::optional(most->first);
}

void add_score_columns(Table& table, const Group& group, const std::string& decisive) {
  for (const auto& name : scores_in_order(score_names(group), decisive)) {
    std::vector<double> values;
    std::set<std::pair<std::string, int64_t>> conditions;
    for (const auto& row : group)
      if (const auto score = score_of(row, name)) {
        values.push_back(score->value);
        conditions.emplace(score->protocol, score->eval_seed);
      }
    const int digits = digits_for(values);
    table.columns.push_back(score_column(name, digits));
    table.columns.back().audience = Audience::people;
    if (name == decisive) table.columns.back().weight = Weight::identity;
    table.columns.push_back(interval_column(name + "_interval", Audience::people));
    for (size_t i = 0; i < group.size(); ++i) {
      const auto score = score_of(group[i], name);
      table.rows[i].push_back(score ? Json(score->value) : Json());
      table.rows[i].push_back(score ? interval_cell(score->low, score->high, digits) : Json());
    }
    if (conditions.size() > 1)
      table.footnotes.push_back(name + ": not comparable throughout: " + std::to_string(conditions.size()) +
                                " evaluation protocols or seeds share this column.");
  }
}

// Sums alone, so that no candidate that was timed as a whole too is compared with others by another measure.
void add_latency_columns(Table& table, const Group& group, const std::vector<NetworkProfile>& profiles) {
  const auto setting = common_setting(profiles, group);
  std::set<std::string> hashes;
  table.columns.push_back({.name = "latency_ms", .header = "latency ms", .digits = 1, .weight = Weight::major});
  table.columns.push_back({.name = "latency_mark", .header = "timing", .weight = Weight::minor, .follows = true});
  table.columns.push_back({.name = "latency_setting", .audience = Audience::programs});
  for (size_t i = 0; i < group.size(); ++i) {
    Json value, mark, where;
    hashes.insert(group[i].hash);
    for (const auto& profile : profiles) {
      if (!setting || profile.setting != *setting || profile.hash != group[i].hash) continue;
      const auto latency = profile.summed();
      if (!latency) continue;
      value = latency->ns * 1e-6;
      mark = to_string(latency->evidence);
      where = to_string(*setting);
    }
    table.rows[i].insert(table.rows[i].end(), {value, mark, where});
  }
  if (setting)
    table.footnotes.push_back("Latency: one forward pass of the full-scale network, the sum of its blocks' medians; " +
                              to_string(*setting) + ".");
  add_marks_footnote(table, "latency_mark");
  add_rejected_footnote(table, profiles, hashes);
}

// "All were trained on A." or "2 were trained on A and 1 on B: ..."
std::string devices_sentence(const Group& group) {
  std::map<std::string, int> devices;
  int unknown = 0;
  for (const auto& row : group) row.device.empty() ? ++unknown : ++devices[row.device];
  if (devices.empty()) return "None has been trained yet.";
  const auto count_on = [](const auto& each) { return std::to_string(each.second) + " on " + each.first; };
  std::string sentence = devices.size() == 1 ? "Trained on " + devices.begin()->first + "."
                                             : "Trained on differing devices: " + listed(devices, count_on) + ".";
  if (unknown == 1) sentence += " Of one candidate no device is recorded.";
  if (unknown > 1) sentence += " Of " + std::to_string(unknown) + " candidates no device is recorded.";
  return sentence;
}

void add_footnotes(Table& table, const Group& group) {
  std::set<int64_t> iterations;
  bool any_proxy = false;
  for (const auto& row : group) {
    any_proxy = any_proxy || row.trained_hash != row.hash;
    for (const auto& [name, score] : row.scores) iterations.insert(score.iteration);
    if (row.state == "failed") table.footnotes.push_back(label(row) + " failed: " + row.message);
  }
  table.footnotes.push_back("GMACs count valid taps, attention included; the paper calls them GFLOPs.");
  if (any_proxy)
    table.footnotes.push_back(
        "Params and GMACs are the full-scale network's; scores are those of the narrow one that was "
        "trained (column trained).");
  if (iterations.size() > 1) table.footnotes.push_back("Scores are comparable only at equal iterations.");
  table.footnotes.push_back(devices_sentence(group));
}

void append(Table& table, std::vector<Column> columns, const std::vector<std::vector<Json>>& cells) {
  table.columns.insert(table.columns.end(), columns.begin(), columns.end());
  for (size_t r = 0; r < cells.size(); ++r) table.rows[r].insert(table.rows[r].end(), cells[r].begin(), cells[r].end());
}

// Columns that identify each row. People see a hash only where names are not unique.
void add_identity_columns(Table& table, const Group& group) {
  std::set<std::string> labels;
  std::vector<Json> choices;
  for (const auto& row : group) {
    table.rows.push_back({row.sweep, label(row), row.hash, row.choices});
    choices.push_back(row.choices);
    labels.insert(label(row));
  }
  table.columns = {{.name = "sweep", .audience = Audience::programs},
                   {.name = "name", .header = "candidate", .weight = Weight::identity},
                   {.name = "hash",
                    .audience = labels.size() < group.size() ? Audience::all : Audience::programs,
                    .weight = Weight::identity,
                    .letters = short_hash(group[0].hash).size()},
                   {.name = "choices", .audience = Audience::programs}};
  add_choice_columns(table, choices);
}

Table table_of(const Group& group, const std::vector<NetworkProfile>& profiles, const std::string& decisive) {
  const bool several_seeds =
      std::any_of(group.begin(), group.end(), [&](auto& row) { return row.seed != group[0].seed; });
  Table table{.title = "Sweep " + group.front().sweep + ", protocol " + short_hash(group.front().protocol)};
  add_identity_columns(table, group);
  std::vector<std::vector<Json>> cells;
  for (const auto& row : group) {
    const auto score = score_of(row, decisive);
    cells.push_back({row.params, row.macs, row.macs_valid, row.trained_hash, row.trained_params, row.seed, row.state,
                     row.iterations, score ? Json(score->iteration) : Json(), row.images_seen, row.verdict, row.message,
                     row.protocol, row.device, scores_json(row)});
  }
  append(table,
         {{.name = "params", .header = "params M", .scale = 1e-6, .digits = 1},
          {.name = "macs", .audience = Audience::programs},
          {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 1, .weight = Weight::major},
          {.name = "trained_hash", .audience = Audience::programs},
          {.name = "trained_params", .header = "trained M", .scale = 1e-6, .digits = 2, .weight = Weight::minor},
          {.name = "seed", .audience = several_seeds ? Audience::all : Audience::programs, .weight = Weight::identity},
          {.name = "state", .weight = Weight::major},
          {.name = "iterations", .weight = Weight::minor},
          {.name = "scored_at", .header = "scored at", .weight = Weight::major},
          {.name = "images_seen", .audience = Audience::programs},
          {.name = "verdict", .audience = Audience::programs},
          {.name = "message", .audience = Audience::programs},
          {.name = "protocol", .audience = Audience::programs},
          {.name = "device", .audience = Audience::programs},
          {.name = "scores", .audience = Audience::programs}},
         cells);
  add_score_columns(table, group, decisive);
  add_latency_columns(table, group, profiles);
  add_footnotes(table, group);
  return table;
}

std::vector<Table> sweep_tables(const Database& database, const ReportOptions& options) {
  const auto profiles = network_profiles(database);
  std::vector<Table> tables;
  const auto rows = candidates(database, options.sweep);
  require_known_score(score_names(rows), options.score);
  for (auto& group : by_sweep_and_protocol(rows)) {
    const std::string decisive = decisive_score(score_names(group), options.score);
    sort_by_merit(group, decisive);
    tables.push_back(table_of(group, profiles, decisive));
  }
  return tables;
}

}  // namespace

constinit const Report sweep_report{.name = "sweep",
                                    .summary = "candidates of a sweep with their choices, scores, states and latency",
                                    .tables = sweep_tables,
                                    .lacking = "holds no sweep; `mdsearch sweep CONFIG` makes one",
                                    .reads = "sweep score",
                                    .page = sweep_page};

}  // namespace mds
