// The rules that look at levels alone: successive halving, and the fixed budget.
#include <algorithm>

#include "search/policy_table.h"

namespace mds {
namespace {

// Candidates that tie with the last promoted one are promoted too, so that only the scores decide.
std::vector<Json> halving_inputs(const PolicyConfig& config, const Cohort& cohort) {
  const auto scores = judged_scores(config);
  const auto ranks = mean_ranks(scores, cohort.members);
  auto sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  const auto keep = std::max<size_t>(1, size_t(double(ranks.size()) / config.eta));
  std::vector<Json> all;
  for (size_t c = 0; c < ranks.size(); ++c) {
    Json& inputs = all.emplace_back(Json{{"mean_rank", ranks[c]}, {"last_promoted_rank", sorted[keep - 1]}});
    for (const auto& score : scores) inputs[score.key] = score.level(cohort.members[c].now());
  }
  return all;
}

Outcome halving_outcome(const PolicyConfig&, const Json& inputs) {
  const auto rank = inputs.at("mean_rank").get<double>(), last = inputs.at("last_promoted_rank").get<double>();
  if (rank <= last) return {Verdict::promote, "among the best 1/eta"};
  return {Verdict::stop, "not among the best 1/eta"};
}

std::vector<Json> none_inputs(const PolicyConfig&, const Cohort& cohort) {
  return std::vector<Json>(cohort.members.size(), Json::object());
}

Outcome none_outcome(const PolicyConfig&, const Json&) {
  return {Verdict::go_on, "every candidate trains for the full budget"};
}

}  // namespace

constinit const Policy halving_policy{"halving", 1, halving_inputs, halving_outcome};
constinit const Policy none_policy{"none", 1, none_inputs, none_outcome};

}  // namespace mds
