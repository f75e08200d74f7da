#include "search/policy_cohort.h"

#include <algorithm>

namespace mds {
namespace {

void check_evaluation(const Judged& score, const std::string& candidate, const Evaluation& evaluation) {
  const auto fail = [&](const std::string& message) { fail_evaluation(candidate, evaluation.images_seen, message); };
  const auto found = evaluation.scores.find(score.name);
  if (found == evaluation.scores.end()) fail("has no " + score.name);
  const Measured& measured = found->second;
  const auto finite = [&](double value) { return std::isfinite(score.scaled(value)); };
  if (!score.is_mean() && !finite(measured.distance)) fail(score.key + " is not finite");
  if (!std::ranges::all_of(measured.replicates, finite)) fail("a replicate of " + score.key + " is not finite");
  if (measured.halves && (measured.pictures < 4 || !finite(*measured.halves)))
    fail(score.key + " of half the pictures is not finite, or comes from fewer than 4 pictures");
  if (!score.is_mean()) return;
  if (measured.values.empty()) fail("has no " + score.key + " values; allowed: at least 1");
  if (!std::ranges::all_of(measured.values, finite)) fail("a " + score.key + " value is not finite");
}

}  // namespace

Cohort cohort_at(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen) {
  const auto scores = judged_scores(config);
  Cohort cohort{.members = {}, .images_seen = images_seen, .candidates = curves.size()};
  for (const auto& curve : curves) {
    const auto& all = curve.evaluations;
    for (size_t i = 1; i < all.size(); ++i)
      if (all[i].images_seen <= all[i - 1].images_seen)
        fail_evaluation(curve.candidate, all[i].images_seen, "does not come after the evaluation before it");
    const auto later = [](int64_t images, const Evaluation& evaluation) { return images < evaluation.images_seen; };
    const auto end = std::upper_bound(all.begin(), all.end(), images_seen, later);
    if (end == all.begin() || std::prev(end)->images_seen != images_seen) continue;
    cohort.members.push_back({curve.candidate, {all.begin(), end}});
    for (const auto& evaluation : cohort.members.back().history)
      for (const auto& score : scores) check_evaluation(score, curve.candidate, evaluation);
  }
  return cohort;
}

std::vector<size_t> rivals_of(const PolicyConfig& config, const Cohort& cohort, size_t member) {
  std::vector<size_t> rivals;
  for (size_t i = 0; i < cohort.members.size(); ++i)
    if (config.against == Rivals::previous ? i < member : i != member) rivals.push_back(i);
  return rivals;
}

void require_alike(const PolicyConfig& config, const Cohort& cohort, size_t size) {
  const auto first = cohort.members.front().history.last(size);
  for (const auto& member : cohort.members) {
    const auto window = member.history.last(size);
    for (size_t i = 0; i < size; ++i) {
      const auto expect = [&](const std::string& what, int64_t is, int64_t want) {
        if (is != want)
          fail_evaluation(member.candidate, window[i].images_seen,
                          what + " is " + std::to_string(is) + "; the cohort has " + std::to_string(want));
      };
      expect("images_seen of the evaluation", window[i].images_seen, first[i].images_seen);
      for (const auto& score : judged_scores(config)) {
        const Measured &measured = window[i].scores.at(score.name), &other = first[0].scores.at(score.name);
        if (score.is_mean())
          expect("number of values of " + score.key, int64_t(measured.values.size()), int64_t(other.values.size()));
        else
          expect("number of replicates of " + score.key, int64_t(measured.replicates.size()), config.replicates);
      }
    }
  }
}

std::vector<double> slope_weights(std::span<const Evaluation> window) {
  if (window.size() == 1) return {1};
  std::vector<double> weights;
  for (const auto& evaluation : window) weights.push_back(1e-3 * double(evaluation.images_seen));
  const double mean = mean_of(weights);
  double squares = 0;
  for (auto& x : weights) squares += (x - mean) * (x - mean);
  for (auto& x : weights) x = (x - mean) / squares;
  return weights;
}

std::vector<Objectives> levels_of(const PolicyConfig& config, const Cohort& cohort) {
  const auto scores = judged_scores(config);
  std::vector<Objectives> levels;
  for (const auto& member : cohort.members) {
    auto& own = levels.emplace_back();
    for (const auto& score : scores) own.push_back(score.sign() * score.level(member.now()));
  }
  return levels;
}

void fail_evaluation(const std::string& candidate, int64_t images_seen, const std::string& message) {
  throw ConfigError("candidate " + candidate + " at " + std::to_string(images_seen) + " images: " + message);
}

std::vector<Judged> judged_scores(const PolicyConfig& config) {
  if (config.scores.empty()) {
    std::vector<Judged> scores{{"fd_emoji_clip", "log_fd", *score_kind("fd_emoji_clip")}};
    if (config.use_clip) scores.push_back({"clip_emoji", "clip", *score_kind("clip_emoji")});
    return scores;
  }
  std::vector<Judged> scores;
  for (const auto& name : config.scores) {
    const auto* kind = score_kind(name);
    if (!kind) throw ConfigError("policy.scores: is \"" + name + "\"; known: " + known_score_beginnings());
    if (std::ranges::count(config.scores, name) > 1) throw ConfigError("policy.scores: names " + name + " twice");
    scores.push_back({name, (kind->measure == Measure::log_distance ? "log_" : "") + name, *kind});
  }
  return scores;
}

}  // namespace mds
