#include "search/policy.h"

#include <cmath>

#include "search/policy_cohort.h"

namespace mds {
namespace {

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

void check_evaluation(const PolicyConfig& config, const std::string& candidate, const Evaluation& evaluation) {
  const auto fail = [&](const char* message) { fail_evaluation(candidate, evaluation.images_seen, message); };
  if (!std::isfinite(evaluation.log_fd)) fail("log_fd is not finite");
  if (!all_finite(evaluation.log_fd_replicates)) fail("a replicate of log_fd is not finite");
  if (!config.use_clip) return;
  if (evaluation.clip.empty()) fail("has no clip values; allowed: at least 1");
  if (!all_finite(evaluation.clip)) fail("a clip value is not finite");
}

Cohort cohort_at(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen) {
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
    for (const auto& evaluation : cohort.back().history) check_evaluation(config, curve.candidate, evaluation);
  }
  return cohort;
}

// Ranks from 1, the lowest value first; equal values share the mean of their ranks.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const double value : values) {
    const auto below = std::count_if(values.begin(), values.end(), [&](double other) { return other < value; });
    const auto equal = std::count(values.begin(), values.end(), value);
    ranks.push_back(static_cast<double>(below) + (static_cast<double>(equal) + 1) / 2);
  }
  return ranks;
}

std::vector<double> mean_ranks(const PolicyConfig& config, const Cohort& cohort) {
  std::vector<double> fd, clip;
  for (const auto& member : cohort) {
    fd.push_back(member.now().log_fd);
    if (config.use_clip) clip.push_back(-mean_of(member.now().clip));
  }
  auto ranks = ranks_of(fd);
  if (!config.use_clip) return ranks;
  const auto clip_ranks = ranks_of(clip);
  for (size_t c = 0; c < ranks.size(); ++c) ranks[c] = (ranks[c] + clip_ranks[c]) / 2;
  return ranks;
}

// Candidates tied with the last one promoted are promoted too: nothing but the scores decides.
std::vector<Decision> judge_halving(const PolicyConfig& config, const Cohort& cohort, int64_t images_seen) {
  const auto ranks = mean_ranks(config, cohort);
  auto sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  const auto keep = std::max<size_t>(1, static_cast<size_t>(static_cast<double>(cohort.size()) / config.eta));
  std::vector<Decision> decisions;
  for (size_t c = 0; c < cohort.size(); ++c) {
    const auto verdict = ranks[c] <= sorted[keep - 1] ? Verdict::promote : Verdict::stop;
    auto inputs = numbers_of(cohort, images_seen);
    inputs.update(
        {{"mean_rank", ranks[c]}, {"last_promoted_rank", sorted[keep - 1]}, {"log_fd", cohort[c].now().log_fd}});
    if (config.use_clip) inputs["clip"] = mean_of(cohort[c].now().clip);
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

constexpr std::array rules{judge_paper, judge_halving, judge_none};  // in the order of PolicyRule
static_assert(rules.size() == EnumNames<PolicyRule>::names.size());

}  // namespace

void fail_evaluation(const std::string& candidate, int64_t images_seen, const std::string& message) {
  throw ConfigError("candidate " + candidate + " at " + std::to_string(images_seen) + " images: " + message);
}

BootstrapIndices policy_indices(const PolicyConfig& config, int64_t pictures) {
  return bootstrap_indices(pictures, config.replicates, config.seed);
}

std::vector<Decision> judge(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen) {
  const auto cohort = cohort_at(config, curves, images_seen);
  if (cohort.empty()) return {};
  return rules[static_cast<size_t>(config.rule)](config, cohort, images_seen);
}

}  // namespace mds
