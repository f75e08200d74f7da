#include "search/audit.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "search/stored_curves.h"

namespace mds {
namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f%%", 100 * share);
  return text;
}

// Oriented so that higher is worse, and logarithmic for a distance that falls by factors.
double badness(const ScoreKind& kind, double value) {
  const double scaled = kind.measure == Measure::log_distance ? std::log(value) : value;
  return kind.better == Better::lower ? scaled : -scaled;
}

struct Ended {
  std::vector<double> went_on{}, audited{};  // badness at the deepest rung
};

// Fills `audit` from the runs, and returns who ended where the deepest run did.
Ended ended_runs(const Database& database, const std::string& sweep, const ScoreKind& kind, Audit& audit) {
  const auto runs = runs_of(database, sweep);
  const auto checked = audited_runs(database, sweep);
  std::vector<std::optional<MetricRow>> last;
  int64_t deepest = 0, trained = 0;
  for (const auto& run : runs) {
    const auto curve = curve_of(database, run.run, audit.score);
    last.push_back(curve.empty() ? std::nullopt : std::optional(curve.back()));
    const int64_t iteration = last.back() ? last.back()->iteration : 0;
    deepest = std::max(deepest, iteration);
    trained += iteration;
  }
  Ended ended;
  audit.runs = int64_t(runs.size());
  if (deepest > 0) audit.saved = 1 - double(trained) / double(deepest * audit.runs);
  for (size_t i = 0; i < runs.size(); ++i) {
    const bool is_audited = checked.contains(runs[i].run), stopped = is_audited || runs[i].state == RunState::stopped;
    audit.stopped += stopped;
    if (!last[i] || last[i]->iteration != deepest || runs[i].state == RunState::failed) continue;
    if (is_audited) ended.audited.push_back(badness(kind, last[i]->value));
    if (!stopped) ended.went_on.push_back(badness(kind, last[i]->value));
  }
  return ended;
}

}  // namespace

std::vector<std::string> drawn_for_audit(const PolicyConfig& config, std::vector<std::string> candidates,
                                         int64_t stopped, int64_t audited) {
  if (config.audit == 0) return {};
  const int64_t all = stopped + int64_t(candidates.size());
  const int64_t wanted = std::max(least_audited, int64_t(std::ceil(config.audit * double(all)))) - audited;
  std::ranges::sort(candidates, {},
                    [&](const std::string& name) { return sha256(std::to_string(config.seed) + name); });
  candidates.resize(size_t(std::clamp<int64_t>(wanted, 0, int64_t(candidates.size()))));
  return candidates;
}

Audit audit_of(const Database& database, const std::string& sweep) {
  Audit audit{.score = policy_scores(stored_policy(database, sweep)).front()};
  const ScoreKind& kind = *score_kind(audit.score);
  const Ended ended = ended_runs(database, sweep, kind, audit);
  audit.audited = int64_t(ended.audited.size());
  if (ended.audited.empty() || ended.went_on.empty()) return audit;
  const double median = median_of(ended.went_on);
  audit.false_stops = std::ranges::count_if(ended.audited, [&](double each) { return each < median; });
  const double winner = std::ranges::min(ended.went_on), best = std::min(winner, std::ranges::min(ended.audited));
  audit.regret = kind.measure == Measure::log_distance ? std::expm1(winner - best) : winner - best;
  return audit;
}

std::string in_words(const Audit& audit) {
  if (audit.stopped == 0) return "";
  std::string words = std::to_string(audit.stopped) + " of " + std::to_string(audit.runs) +
                      " runs were stopped, which saved " + percent(audit.saved) + " of all iterations";
  if (audit.audited == 0) return words + "; none of them was trained on to tell what that cost.";
  words += ". Of the " + std::to_string(audit.audited) + " that were trained on as an audit, " +
           std::to_string(audit.false_stops) + " ended better than the median of those that went on";
  if (!audit.regret) return words + ".";
  const bool factor = score_kind(audit.score)->measure == Measure::log_distance;
  char value[32];
  std::snprintf(value, sizeof value, "%.4g", *audit.regret);
  return words + (*audit.regret == 0 ? ", and none better than the winner."
                                     : ", and the best of them is better than the winner by " +
                                           (factor ? percent(*audit.regret) : value) + " in " + audit.score + ".");
}

}  // namespace mds
