// The median stopping rule (Golovin et al., 2017, "Google Vizier"): a candidate stops where in every score the best
// that it ever was is worse than the median of what its rivals were on average by then.
#include <algorithm>

#include "search/policy_table.h"

namespace mds {
namespace {

// Oriented so that higher is worse.
std::vector<double> levels_of(const Judged& score, const Member& member) {
  std::vector<double> levels;
  for (const auto& evaluation : member.history) levels.push_back(score.sign() * score.level(evaluation));
  return levels;
}

std::vector<Json> median_inputs(const PolicyConfig& config, const Cohort& cohort) {
  std::vector<Json> all(cohort.members.size(), Json::object());
  for (const auto& score : judged_scores(config)) {
    std::vector<double> best, average;
    for (const auto& member : cohort.members) {
      const auto levels = levels_of(score, member);
      best.push_back(std::ranges::min(levels));
      average.push_back(mean_of(levels));
    }
    for (size_t c = 0; c < all.size(); ++c) {
      std::vector<double> others;
      for (const size_t rival : rivals_of(config, cohort, c)) others.push_back(average[rival]);
      if (int64_t(others.size()) + 1 < config.min_cohort) continue;
      all[c][score.worse_key()] = {{"best", best[c]}, {"median_average", median_of(others)}};
    }
  }
  return all;
}

Outcome median_outcome(const PolicyConfig& config, const Json& inputs) {
  bool any = false, worse = true;
  for (const auto& number : inputs) {
    if (!number.is_object()) continue;
    any = true;
    worse = worse && number.at("best").get<double>() > number.at("median_average").get<double>();
  }
  if (!any) return {Verdict::go_on, "compared with fewer than " + std::to_string(config.min_cohort - 1) + " others"};
  if (worse) return {Verdict::stop, "never as good as the median of the others' averages in any score"};
  return {Verdict::go_on, "in some score once as good as the median of the others' averages"};
}

}  // namespace

constinit const Policy median_policy{"median", 1, median_inputs, median_outcome, Detail::values, Waits::for_cohort};

}  // namespace mds
