// Candidates of a sweep: one row each, one table for each sweep and protocol. Counts are those of the full-scale
// network even where a proxy was trained; scores are those of what was trained.
#include <algorithm>
#include <map>
#include <set>

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

std::set<std::string> score_names(const Group& group) {
  std::set<std::string> names;
  for (const auto& row : group)
    for (const auto& [name, score] : row.scores) names.insert(name);
  return names;
}

// The one asked for, else fd_emoji_clip, else another distance where there is one.
std::string sorting_score(const std::set<std::string>& names, const std::string& asked) {
  if (!asked.empty()) return asked;
  if (names.contains("fd_emoji_clip")) return "fd_emoji_clip";
  for (const auto& name : names)
    if (direction_of(name) == Better::lower) return name;
  return names.empty() ? "" : *names.begin();
}

std::optional<MetricRow> score_of(const SweepCandidate& row, const std::string& name) {
  const auto score = row.scores.find(name);
  return score == row.scores.end() ? std::nullopt : std::optional(score->second);
}

// Scored after the most iterations first, then best by score; those without a score last.
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

// The setting under which most of the candidates have a latency; of several such, the newest program's.
std::optional<Setting> common_setting(const std::vector<NetworkProfile>& profiles, const Group& group) {
  std::map<Setting, int> counts;
  for (const auto& profile : profiles)
    for (const auto& row : group) counts[profile.setting] += row.hash == profile.hash && profile.latency();
  const auto most =
      std::max_element(counts.rbegin(), counts.rend(), [](auto& a, auto& b) { return a.second < b.second; });
  return most == counts.rend() || most->second == 0 ? std::nullopt : std::optional(most->first);
}

void add_score_columns(Table& table, const Group& group) {
  for (const auto& name : score_names(group)) {
    std::vector<double> values;
    std::set<std::pair<std::string, int64_t>> conditions;
    for (const auto& row : group)
      if (const auto score = score_of(row, name)) {
        values.push_back(score->value);
        conditions.emplace(score->protocol, score->eval_seed);
      }
    const int digits = digits_for(values);
    const std::string arrow = direction_of(name) == Better::lower ? " ↓" : " ↑";
    table.columns.push_back({.name = name, .header = name + arrow, .digits = digits, .audience = Audience::people});
    table.columns.push_back(
        {.name = name + "_ci", .header = "95%", .digits = digits, .audience = Audience::people, .right = true});
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

void add_latency_columns(Table& table, const Group& group, const std::vector<NetworkProfile>& profiles) {
  const auto setting = common_setting(profiles, group);
  std::set<std::string> hashes;
  table.columns.push_back({.name = "latency_ms", .header = "latency ms", .digits = 1});
  table.columns.push_back({.name = "latency_mark", .header = "timing"});
  table.columns.push_back({.name = "latency_of", .audience = Audience::programs});
  table.columns.push_back({.name = "latency_setting", .audience = Audience::programs});
  for (size_t i = 0; i < group.size(); ++i) {
    Json value, mark, of, where;
    hashes.insert(group[i].hash);
    for (const auto& profile : profiles) {
      if (!setting || profile.setting != *setting || profile.hash != group[i].hash) continue;
      const auto latency = profile.latency();
      if (!latency) continue;
      value = latency->ns * 1e-6;
      mark = std::string(name_of(latency->mark));
      of = latency->is_sum ? "sum of blocks" : "whole";
      where = to_string(*setting);
    }
    table.rows[i].insert(table.rows[i].end(), {value, mark, of, where});
  }
  if (setting)
    table.footnotes.push_back("Latency: the full-scale network, one forward pass, median; " + to_string(*setting) +
                              ". Sum of its blocks where the whole was not timed.");
  add_rejected_footnote(table, profiles, hashes);
}

void add_footnotes(Table& table, const Group& group) {
  std::set<std::string> devices;
  std::set<int64_t> iterations;
  for (const auto& row : group) {
    devices.insert(row.device.empty() ? "unknown device" : row.device);
    for (const auto& [name, score] : row.scores) iterations.insert(score.iteration);
    if (row.state == "failed") table.footnotes.push_back(label(row) + " failed: " + row.message);
  }
  table.footnotes.push_back(
      "Params and GMACs (valid taps, attention included; the paper's \"GFLOPs\") are the full-scale network's; "
      "scores are those of what was trained (column trained).");
  if (iterations.size() > 1) table.footnotes.push_back("Scores are comparable only at equal iterations.");
  std::string names;
  for (const auto& device : devices) names += (names.empty() ? "" : "; ") + device;
  table.footnotes.push_back((devices.size() > 1 ? "Trained on differing devices: " : "Trained on: ") + names + ".");
}

Table table_of(const Group& group, const std::vector<NetworkProfile>& profiles, const std::string& decisive) {
  const bool several_seeds =
      std::any_of(group.begin(), group.end(), [&](auto& row) { return row.seed != group[0].seed; });
  Table table{.title = "Sweep " + group.front().sweep + ", protocol " + short_hash(group.front().protocol),
              .columns = {{.name = "sweep", .audience = Audience::programs},
                          {.name = "name", .header = "candidate"},
                          {.name = "hash", .audience = Audience::programs},
                          {.name = "hash8", .header = "hash", .audience = Audience::people},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1},
                          {.name = "macs", .audience = Audience::programs},
                          {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 1},
                          {.name = "trained_hash", .audience = Audience::programs},
                          {.name = "trained_params", .header = "trained M", .scale = 1e-6, .digits = 2},
                          {.name = "seed", .audience = several_seeds ? Audience::all : Audience::programs},
                          {.name = "state"},
                          {.name = "iterations"},
                          {.name = "scored_at", .header = "scored at"},
                          {.name = "images_seen", .audience = Audience::programs},
                          {.name = "verdict", .audience = Audience::programs},
                          {.name = "message", .audience = Audience::programs},
                          {.name = "protocol", .audience = Audience::programs},
                          {.name = "device", .audience = Audience::programs},
                          {.name = "scores", .audience = Audience::programs}}};
  for (const auto& row : group) {
    const auto score = score_of(row, decisive);
    table.rows.push_back({row.sweep, row.name.empty() ? Json() : Json(row.name), row.hash, short_hash(row.hash),
                          row.params, row.macs, row.macs_valid, row.trained_hash, row.trained_params, row.seed,
                          row.state, row.iterations, score ? Json(score->iteration) : Json(), row.images_seen,
                          row.verdict, row.message, row.protocol, row.device, scores_json(row)});
  }
  add_score_columns(table, group);
  add_latency_columns(table, group, profiles);
  add_footnotes(table, group);
  return table;
}

}  // namespace

std::vector<Table> sweep_report(const Store& store, const ReportOptions& options) {
  const auto profiles = network_profiles(store);
  std::vector<Table> tables;
  std::set<std::string> known;
  for (auto& group : by_sweep_and_protocol(candidates(store, options.sweep))) {
    const auto names = score_names(group);
    known.insert(names.begin(), names.end());
    const std::string decisive = sorting_score(names, options.score);
    sort_by_merit(group, decisive);
    tables.push_back(table_of(group, profiles, decisive));
  }
  if (!options.score.empty() && !known.contains(options.score))
    throw UsageError("--score " + options.score + ": no sweep has it; known: " + listed(known));
  return tables;
}

}  // namespace mds
