#include "search/policy.h"

#include <algorithm>
#include <cmath>

#include "search/policy_cohort.h"

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
  if (!score.is_mean()) return;
  if (measured.values.empty()) fail("has no " + score.key + " values; allowed: at least 1");
  if (!std::ranges::all_of(measured.values, finite)) fail("a " + score.key + " value is not finite");
}

Cohort cohort_at(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen) {
  const auto scores = judged_scores(config);
  Cohort cohort;
  for (const auto& curve : curves) {
    const auto& all = curve.evaluations;
    for (size_t i = 1; i < all.size(); ++i)
      if (all[i].images_seen <= all[i - 1].images_seen)
        fail_evaluation(curve.candidate, all[i].images_seen, "does not come after the evaluation before it");
    const auto later = [](int64_t images, const Evaluation& evaluation) { return images < evaluation.images_seen; };
    const auto end = std::upper_bound(all.begin(), all.end(), images_seen, later);
    if (end == all.begin() || std::prev(end)->images_seen != images_seen) continue;
    cohort.push_back({curve.candidate, {all.begin(), end}});
    for (const auto& evaluation : cohort.back().history)
      for (const auto& score : scores) check_evaluation(score, curve.candidate, evaluation);
  }
  return cohort;
}

// Ranks from 1 for the lowest value; equal values share the mean of their ranks.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const double value : values) {
    const auto below = std::count_if(values.begin(), values.end(), [&](double other) { return other < value; });
    const auto equal = std::count(values.begin(), values.end(), value);
    ranks.push_back(double(below) + (double(equal) + 1) / 2);
  }
  return ranks;
}

std::vector<double> mean_ranks(const std::vector<Judged>& scores, const Cohort& cohort) {
  std::vector<double> means(cohort.size());
  for (const auto& score : scores) {
    std::vector<double> levels;
    for (const auto& member : cohort) levels.push_back(score.sign() * score.level(member.now()));
    const auto ranks = ranks_of(levels);
    for (size_t c = 0; c < means.size(); ++c) means[c] += ranks[c];
  }
  for (auto& mean : means) mean /= double(scores.size());
  return means;
}

Verdict halving_verdict(const PolicyConfig&, const Json& inputs) {
  const auto rank = inputs.at("mean_rank").get<double>(), last = inputs.at("last_promoted_rank").get<double>();
  return rank <= last ? Verdict::promote : Verdict::stop;
}

// Candidates that tie with the last promoted one are promoted too, so that only the scores decide.
std::vector<Decision> judge_halving(const PolicyConfig& config, const Cohort& cohort, int64_t images_seen) {
  const auto scores = judged_scores(config);
  const auto ranks = mean_ranks(scores, cohort);
  auto sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  const auto keep = std::max<size_t>(1, size_t(double(cohort.size()) / config.eta));
  std::vector<Decision> decisions;
  for (size_t c = 0; c < cohort.size(); ++c) {
    auto inputs = numbers_of(cohort, images_seen);
    inputs.update({{"mean_rank", ranks[c]}, {"last_promoted_rank", sorted[keep - 1]}});
    const auto verdict = halving_verdict(config, inputs);
    for (const auto& score : scores) inputs[score.key] = score.level(cohort[c].now());
    inputs["reason"] = verdict == Verdict::promote ? "among the best 1/eta" : "not among the best 1/eta";
    decisions.push_back({cohort[c].candidate, verdict, "halving/1", std::move(inputs)});
  }
  return decisions;
}

std::vector<Decision> judge_none(const PolicyConfig&, const Cohort& cohort, int64_t images_seen) {
  auto inputs = numbers_of(cohort, images_seen);
  inputs["reason"] = "every candidate trains for the full budget";
  std::vector<Decision> decisions;
  for (const auto& member : cohort) decisions.push_back({member.candidate, Verdict::go_on, "none/1", inputs});
  return decisions;
}

Verdict no_verdict(const PolicyConfig&, const Json&) { return Verdict::go_on; }

constexpr std::array rules{judge_paper, judge_halving, judge_none};  // in the order of PolicyRule
constexpr std::array verdicts{paper_verdict, halving_verdict, no_verdict};
static_assert(rules.size() == EnumNames<PolicyRule>::names.size() && verdicts.size() == rules.size());

}  // namespace

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

std::vector<std::string> policy_scores(const PolicyConfig& config) {
  std::vector<std::string> names;
  for (const auto& score : judged_scores(config)) names.push_back(score.name);
  return names;
}

BootstrapIndices policy_indices(const PolicyConfig& config, int64_t pictures) {
  return bootstrap_indices(pictures, config.replicates, config.seed);
}

std::vector<Decision> judge(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen) {
  const auto cohort = cohort_at(config, curves, images_seen);
  if (cohort.empty()) return {};
  return rules[size_t(config.rule)](config, cohort, images_seen);
}

Verdict verdict_of(const PolicyConfig& config, const std::string& rule, const Json& inputs) {
  const auto& names = EnumNames<PolicyRule>::names;
  const auto known = std::ranges::find_if(names, [&](auto name) { return rule == std::string(name) + "/1"; });
  if (known == names.end()) throw ConfigError("rule \"" + rule + "\" is not known; this program judges by version 1");
  try {
    return verdicts[size_t(known - names.begin())](config, inputs);
  } catch (const Json::exception& error) {
    throw ConfigError("the inputs of a decision by " + rule + ": " + json_words(error));
  }
}

}  // namespace mds
