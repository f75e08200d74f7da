#include "search/winner.h"

#include <algorithm>
#include <map>

#include "search/stored_curves.h"

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

Ranking rank_sweep(const Database& database, const std::string& sweep) {
  const std::string score = policy_scores(stored_policy(database, sweep)).front();
  const std::set<int64_t> audited = audited_runs(database, sweep);
  std::vector<RunResult> results;
  for (const auto& run : runs_of(database, sweep))
    results.push_back({.run = run.run,
                       .candidate = run.proxy_of.empty() ? run.arch : run.proxy_of,
                       .state = audited.contains(run.run) ? RunState::stopped : run.state,
                       .score = last_score(database, run.run, score)});
  return rank_runs(score, results);
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
