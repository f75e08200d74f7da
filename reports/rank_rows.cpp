#include "reports/rank_rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <ranges>
#include <set>

#include "spec/listed.h"
#include "spec/rank_correlation.h"

namespace mds {
namespace {

constexpr int64_t replicates = 1000, fewest_for_interval = 5;

using Values = std::map<std::string, double>;  // by the hash of the full-scale network; lower is better

// The score's values of one protocol.
struct Ranked {
  std::set<std::string> sweeps{};
  std::string protocol{};
  int64_t width_divisor = 0;                              // 0: not told
  std::string besides_width{};                            // the rest of the protocol
  std::map<int64_t, std::map<int64_t, Values>> scores{};  // by iteration, then seed
  std::map<std::string, std::map<int64_t, Values>> untrained{};
  Values params{}, macs_valid{};  // negative, as more is taken to be better
};

// Means over the seeds for which `other` has the candidate too.
Values means_where(const std::map<int64_t, Values>& by_seed, const std::map<int64_t, Values>& other) {
  Values sums;
  std::map<std::string, int64_t> counts;
  for (const auto& [seed, values] : by_seed)
    for (const auto& [hash, value] : values)
      if (const auto at = other.find(seed); at != other.end() && at->second.contains(hash)) {
        sums[hash] += value;
        ++counts[hash];
      }
  for (auto& [hash, sum] : sums) sum /= double(counts[hash]);
  return sums;
}

Values means_of(const std::map<int64_t, Values>& by_seed) { return means_where(by_seed, by_seed); }

// The seeds that as many candidates have as any. Means of one seed and of three do not compare, least of all where the
// candidates with three were chosen for their first.
std::map<int64_t, Values> common(std::map<int64_t, Values> by_seed) {
  size_t most = 0;
  for (const auto& [seed, values] : by_seed) most = std::max(most, values.size());
  std::erase_if(by_seed, [&](const auto& each) { return each.second.size() < most; });
  return by_seed;
}

// All seeds but one, of the candidates that have all of these.
std::map<int64_t, Values> without(std::map<int64_t, Values> by_seed, int64_t seed) {
  by_seed.erase(seed);
  const auto others = by_seed;
  for (auto& [each, values] : by_seed)
    std::erase_if(values, [&](const auto& value) {
      return !std::ranges::all_of(others, [&](const auto& other) { return other.second.contains(value.first); });
    });
  return by_seed;
}

void add(Ranked& ranked, const Database& database, const SweepCandidate& row, const std::string& score) {
  const double sign = direction_of(score) == Better::higher ? -1 : 1;
  for (const auto& metric : row.evaluations)
    if (metric.name == score && std::isfinite(metric.value))
      ranked.scores[metric.iteration][row.seed].try_emplace(row.hash, sign * metric.value);
  for (const auto& metric : metrics_of(database, row.run))
    if (metric.name.starts_with(untrained_prefix) && metric.iteration == 0 && std::isfinite(metric.value))
      ranked.untrained[metric.name][row.seed].try_emplace(row.hash, -metric.value);
  ranked.params[row.hash] = -double(row.params);
  ranked.macs_valid[row.hash] = -double(row.macs_valid);
}

// Compares orders on the candidates that both have, beside the order of the parameter count.
class Comparison {
 public:
  Comparison(const Values& proxy, const Values& truth, const Values& params) {
    for (const auto& [hash, value] : truth)
      if (const auto at = proxy.find(hash); at != proxy.end()) {
        proxy_.push_back(at->second);
        truth_.push_back(value);
        params_.push_back(params.at(hash));
      }
  }

  std::optional<RankRow> row(RankRow row) const {
    row.n = int64_t(truth_.size());
    if (row.n < fewest_ranked) return std::nullopt;
    row.tau = kendall_tau_b(proxy_, truth_);
    row.k = row.n / 4;
    row.recall = top_k_recall(proxy_, truth_, row.k);
    const auto rows = bootstrap_indices(row.n, replicates, /*seed=*/0);
    const auto taus = tau_replicates(proxy_, truth_, rows);
    std::tie(row.low, row.high) = interval(taus);
    if (row.kind == ProxyKind::count) return row;
    // A count may as well order candidates the other way round: the fewer, the better.
    const auto count_tau = kendall_tau_b(params_, truth_);
    if (!row.tau || !count_tau) return row;
    const double sign = *count_tau < 0 ? -1 : 1;
    row.gain = *row.tau - std::abs(*count_tau);
    auto gains = tau_replicates(params_, truth_, rows);
    for (size_t r = 0; r < gains.size(); ++r)
      gains[r] = gains[r] && taus[r] ? std::optional(*taus[r] - sign * *gains[r]) : std::nullopt;
    std::tie(row.gain_low, row.gain_high) = interval(gains);
    return row;
  }

 private:
  std::pair<std::optional<double>, std::optional<double>> interval(
      const std::vector<std::optional<double>>& taus) const {
    std::vector<double> known;
    for (const auto& tau : taus)
      if (tau) known.push_back(*tau);
    if (int64_t(truth_.size()) < fewest_for_interval || known.size() < taus.size() / 2) return {};
    const Interval bounds = percentile_interval(known);
    return {bounds.low, bounds.high};
  }

  std::vector<double> proxy_, truth_, params_;
};

std::string after(int64_t iterations) { return "after " + thousands(iterations) + " iterations"; }

// The iterations after which candidates were ranked: the last ones, and earlier ones that more candidates came to.
std::vector<int64_t> ends_of(const Ranked& ranked) {
  std::vector<int64_t> ends;
  size_t most = 0;
  const int64_t first = ranked.scores.begin()->first;
  for (const auto& [iteration, by_seed] : ranked.scores | std::views::reverse) {
    const size_t candidates = means_of(common(by_seed)).size();
    if (candidates > most && (ends.empty() || iteration > first)) ends.push_back(iteration);
    most = std::max(most, candidates);
  }
  return ends;
}

RankGroup group_of(const Ranked& ranked, const std::string& score, int64_t last) {
  RankGroup group{.sweeps = listed(ranked.sweeps), .protocol = ranked.protocol, .score = score};
  group.candidates = int64_t(ranked.params.size());
  const auto& all = ranked.scores.at(last);
  const auto full = common(all);
  const Values truth = means_of(full);
  group.iterations = last;
  group.fully_trained = int64_t(truth.size());
  const auto compare = [&](ProxyKind kind, const std::string& proxy, const Values& values, const Values& against) {
    if (auto row =
            Comparison(values, against, ranked.params).row({.kind = kind, .proxy = proxy, .against = after(last)}))
      group.rows.push_back(std::move(*row));
  };
  for (const auto& [iteration, by_seed] : ranked.scores)
    if (iteration < last)
      compare(ProxyKind::rung, after(iteration), means_where(by_seed, full), means_where(full, by_seed));
  if (all.size() > 1)
    for (const auto& [seed, values] : all)
      compare(ProxyKind::seed, "seed " + std::to_string(seed), values, means_of(without(all, seed)));
  compare(ProxyKind::count, "params", ranked.params, truth);
  compare(ProxyKind::count, "macs_valid", ranked.macs_valid, truth);
  for (const auto& [name, by_seed] : ranked.untrained)
    compare(ProxyKind::untrained, name.substr(std::string(untrained_prefix).size()), means_of(common(by_seed)), truth);
  return group;
}

Ranked empty_ranked(const Database& database, const std::string& protocol) {
  Ranked ranked{.protocol = protocol};
  Json json = json_or_null(protocol_json(database, protocol));
  if (!json.is_object() || !json.contains("stage") || !json["stage"].is_object()) return ranked;
  const Json divisor = json["stage"].value("width_divisor", Json());
  json["stage"].erase("width_divisor");
  if (divisor.is_number_integer()) ranked.width_divisor = divisor.get<int64_t>();
  ranked.besides_width = json.dump();
  return ranked;
}

// The same networks trained under a protocol that differs in width alone: narrow ones predict wide ones.
void add_width(const Ranked& narrow, const Ranked& wide, RankGroup& group) {
  if (wide.width_divisor < 1 || narrow.width_divisor <= wide.width_divisor ||
      narrow.besides_width != wide.besides_width)
    return;
  const Values truth = means_of(common(wide.scores.at(group.iterations)));
  // After as many iterations, or else after those that most of the candidates came to.
  const auto likeness = [&](const auto& rung) {
    const Values values = means_of(common(rung.second));
    const auto shared = std::ranges::count_if(truth, [&](const auto& each) { return values.contains(each.first); });
    return std::tuple(rung.first == group.iterations, shared, rung.first);
  };
  const auto& [iterations, scores] = *std::ranges::max_element(narrow.scores, {}, likeness);
  const auto width = [](const Ranked& ranked) { return "1/" + std::to_string(ranked.width_divisor) + " width "; };
  const Comparison comparison(means_of(common(scores)), truth, wide.params);
  if (auto row = comparison.row({.kind = ProxyKind::width,
                                 .proxy = width(narrow) + after(iterations) + " in " + listed(narrow.sweeps),
                                 .against = width(wide) + after(group.iterations)}))
    group.rows.push_back(std::move(*row));
}

}  // namespace

std::vector<RankGroup> rank_groups(const Database& database, const ReportOptions& options) {
  const auto runs = candidates(database, options.sweep);
  const auto names = score_names(runs);
  require_known_score(names, options.score);
  const std::string score = decisive_score(names, options.score);
  std::map<std::string, Ranked> by_protocol;
  for (const auto& row : runs) {
    if (!row.scores.contains(score)) continue;
    const auto [at, added] = by_protocol.try_emplace(row.protocol);
    if (added) at->second = empty_ranked(database, row.protocol);
    at->second.sweeps.insert(row.sweep);
    add(at->second, database, row, score);
  }
  std::erase_if(by_protocol, [](const auto& each) { return each.second.scores.empty(); });
  std::vector<RankGroup> groups;
  for (const auto& [protocol, ranked] : by_protocol)
    for (const int64_t end : ends_of(ranked)) {
      groups.push_back(group_of(ranked, score, end));
      for (const auto& [other, narrow] : by_protocol) add_width(narrow, ranked, groups.back());
    }
  return groups;
}

}  // namespace mds
