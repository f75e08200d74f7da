#include "search/winner.h"

#include <algorithm>
#include <map>

#include "search/dominance.h"
#include "search/objective.h"
#include "search/store/stored_json.h"
#include "search/stored_curves.h"
#include "spec/listed.h"

namespace mds {
namespace {

bool is_over(RunState state) {
  return state == RunState::stopped || state == RunState::failed || state == RunState::done;
}

using Seeds = std::vector<RunResult>;

// Groups runs by candidate, in the order of their first runs.
std::vector<Seeds> by_candidate(const std::vector<RunResult>& runs) {
  std::vector<Seeds> groups;
  for (const auto& run : runs) {
    const auto same = [&](const Seeds& seeds) { return seeds.front().candidate == run.candidate; };
    const auto found = std::ranges::find_if(groups, same);
    if (found == groups.end())
      groups.push_back({run});
    else
      found->push_back(run);
  }
  return groups;
}

bool may_win(const RunResult& run) {
  return run.score && run.state != RunState::stopped && run.state != RunState::failed;
}

// The seeds of one candidate that reached the rung.
Seeds seeds_at(const Seeds& seeds, int64_t iteration) {
  Seeds there;
  for (const auto& run : seeds)
    if (may_win(run) && run.score->iteration == iteration) there.push_back(run);
  return there;
}

Placed placed(const Seeds& seeds) {
  const double share = 1 / double(seeds.size());
  Placed result{.candidate = seeds.front().candidate, .low = 0, .high = 0, .n = seeds.front().score->n};
  for (const auto& run : seeds) {
    const MetricRow& score = *run.score;
    result.runs.push_back(run.run);
    result.value += share * score.value;
    result.n = std::min(result.n, score.n);
    if (!score.low || !score.high) result.low.reset(), result.high.reset();
    if (result.low) *result.low += share * *score.low, *result.high += share * *score.high;
  }
  for (const auto& run : seeds)
    if (result.low) {
      result.low = std::min(*result.low, run.score->value);
      result.high = std::max(*result.high, run.score->value);
    }
  return result;
}

std::optional<MetricRow> last_score(const Database& database, int64_t run, const std::string& name) {
  const auto curve = curve_of(database, run, name);
  return curve.empty() ? std::nullopt : std::optional(curve.back());
}

// The class of that name; the first one, or none, where no name is given.
WinnerClass class_of(const WinnerConfig& config, const std::string& name, const std::string& where) {
  if (name.empty()) return config.classes.empty() ? WinnerClass{} : config.classes.front();
  const auto found = std::ranges::find(config.classes, name, &WinnerClass::name);
  if (found == config.classes.end())
    throw StoreError(where + " has no winner class \"" + name + "\"; it has " +
                     (config.classes.empty() ? "none" : listed(config.classes, &WinnerClass::name)));
  return *found;
}

std::string deciding_score(const WinnerConfig& config, const PolicyConfig& policy) {
  for (const auto& name : config.objectives)
    if (trained_objective(name)) return name;
  return policy_scores(policy).front();
}

// The mean of a score over the seeds of a candidate at the ranking's rung.
double mean_score(const Database& database, const Placed& placed, const Ranking& ranking, const std::string& name) {
  double sum = 0;
  for (const int64_t run : placed.runs) {
    const auto curve = curve_of(database, run, name);
    const auto at = std::ranges::find(curve, ranking.iteration, &MetricRow::iteration);
    if (at == curve.end())
      throw StoreError(database.file() + ": run " + std::to_string(run) + " has no " + name + " at iteration " +
                       std::to_string(ranking.iteration) + ", which its sweep's winner rule reads");
    sum += at->value;
  }
  return sum / double(placed.runs.size());
}

// The objectives of every placed candidate, all better when lower.
std::vector<Objectives> objectives_of(const Database& database, const std::vector<std::string>& names,
                                      const Ranking& ranking) {
  std::vector<std::string> hashes;
  for (const auto& placed : ranking.placed) hashes.push_back(placed.candidate);
  const bool timed = std::ranges::count(names, latency_objective) > 0;
  const auto latencies = timed ? summed_latencies(database, hashes) : std::map<std::string, double>{};
  std::vector<Objectives> all;
  for (const auto& placed : ranking.placed) {
    const Cost cost = cost_of(find_arch(database, placed.candidate).value());
    all.emplace_back();
    for (const auto& name : names) {
      if (name == latency_objective && !latencies.contains(placed.candidate))
        throw StoreError(database.file() + ": the network " + placed.candidate.substr(0, 12) +
                         " has no latency, which its sweep's winner rule reads; `mdsearch profile " +
                         placed.candidate.substr(0, 12) + " --blocks --db " + database.file() + "` adds it");
      if (name == latency_objective) all.back().push_back(latencies.at(placed.candidate));
      if (const auto counted = analytic_objective(name)) all.back().push_back(counted->value({}, cost));
      if (const auto scored = trained_objective(name))
        all.back().push_back(scored->oriented(mean_score(database, placed, ranking, name)));
    }
  }
  return all;
}

void order(const Database& database, const std::vector<std::string>& names, Ranking& ranking) {
  ranking.objectives = names;
  std::vector<Placed> placed;
  for (const size_t i : order_of_merit(objectives_of(database, names, ranking))) placed.push_back(ranking.placed[i]);
  ranking.placed = std::move(placed);
}

}  // namespace

bool Placed::overlaps(const Placed& other) const {
  if (!low || !high || !other.low || !other.high) return true;
  return *low <= *other.high && *other.low <= *high;
}

int64_t Ranking::close() const {
  if (placed.empty()) return 0;
  return std::count_if(placed.begin() + 1, placed.end(),
                       [&](const Placed& rival) { return rival.overlaps(placed[0]); });
}

Ranking rank_runs(const std::string& score, const std::vector<RunResult>& runs) {
  const ScoreKind* kind = score_kind(score);
  if (!kind) throw ConfigError("the score " + score + " is not known; known: " + known_score_beginnings());
  Ranking ranking{.score = score};
  for (const auto& run : runs)
    if (may_win(run)) ranking.iteration = std::max(ranking.iteration, run.score->iteration);
  const auto candidates = by_candidate(runs);
  size_t most_seeds = 1;
  for (const auto& seeds : candidates) most_seeds = std::max(most_seeds, seeds_at(seeds, ranking.iteration).size());
  for (const auto& seeds : candidates) {
    const auto any = [&](RunState state) { return std::ranges::count(seeds, state, &RunResult::state) > 0; };
    ranking.unfinished += !std::ranges::all_of(seeds, is_over, &RunResult::state);
    const Seeds there = seeds_at(seeds, ranking.iteration);
    if (there.size() == most_seeds) {
      ranking.placed.push_back(placed(there));
      ranking.images_seen = there.front().score->images_seen;
    } else {
      ranking.failed += any(RunState::failed);
      ranking.stopped += any(RunState::stopped) && !any(RunState::failed);
    }
  }
  const double sign = kind->better == Better::lower ? 1 : -1;
  std::ranges::stable_sort(ranking.placed, {}, [&](const Placed& candidate) { return sign * candidate.value; });
  return ranking;
}

WinnerConfig stored_winner(const Database& database, const std::string& sweep) {
  const auto config = sweep_config(database, sweep);
  if (!config || sweep == trainings) throw StoreError(database.file() + ": holds no sweep \"" + sweep + "\"");
  const StoredPlace place{"sweep", sweep, "config_json"};
  const Json winner =
      stored_value(stored_object(database, place, *config), "winner", Json::object(), place_of(database, place));
  return from_json<WinnerConfig>(winner, database.file() + ": sweep " + sweep);
}

Ranking rank_sweep(const Database& database, const std::string& sweep, const std::string& size_class) {
  const WinnerConfig config = stored_winner(database, sweep);
  const WinnerClass size = class_of(config, size_class, database.file() + ": sweep " + sweep);
  const std::string score = deciding_score(config, stored_policy(database, sweep));
  const std::set<int64_t> audited = audited_runs(database, sweep);
  const Caps caps = caps_of(size.max_params, size.max_gmacs);
  std::vector<RunResult> results;
  for (const auto& run : runs_of(database, sweep)) {
    const std::string candidate = run.proxy_of.empty() ? run.arch : run.proxy_of;
    if (!size.name.empty() && !over_caps(cost_of(find_arch(database, candidate).value()), caps).empty()) continue;
    results.push_back({.run = run.run,
                       .candidate = candidate,
                       .state = audited.contains(run.run) ? RunState::stopped : run.state,
                       .score = last_score(database, run.run, score)});
  }
  Ranking ranking = rank_runs(score, results);
  ranking.size = size;
  if (config.objectives.size() > 1) order(database, config.objectives, ranking);
  return ranking;
}

std::string rule_in_words(const Ranking& ranking) {
  if (ranking.objectives.empty()) return winner_rule;
  return "Of the candidates at the deepest rung, none is at least as good as the winner in all of " +
         listed(ranking.objectives) + " and better in one; among several such, the mean of the ranks decides, then " +
         ranking.objectives.front() +
         ". A candidate that stopped or failed never wins. With several seeds a score is the mean over them.";
}

std::string settled_in_words(const Ranking& ranking) {
  if (ranking.placed.size() < 2) return "No other candidate reached this rung.";
  const int64_t rivals = int64_t(ranking.placed.size()) - 1, close = ranking.close();
  if (close == 0)
    return std::string("Settled: the interval of ") +
           (rivals == 1 ? "its rival does not overlap" : "no rival overlaps") + " with the winner's.";
  const bool one = close == 1, tied = ranking.placed[1].value == ranking.placed[0].value;
  return std::string("Not settled: ") + (tied ? "the first two have the same value, and " : "") + "the interval" +
         (one ? "" : "s") + " of " +
         (rivals == 1 ? "its rival" : std::to_string(close) + " of its " + std::to_string(rivals) + " rivals") +
         " overlap" + (one ? "s" : "") + " with the winner's.";
}

}  // namespace mds
