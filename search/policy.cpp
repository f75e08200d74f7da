#include "search/policy.h"

#include <algorithm>

#include "search/policy_table.h"
#include "spec/listed.h"

namespace mds {

std::vector<std::string> policy_scores(const PolicyConfig& config) {
  std::vector<std::string> names;
  for (const auto& score : judged_scores(config)) names.push_back(score.name);
  return names;
}

BootstrapIndices policy_indices(const PolicyConfig& config, int64_t pictures) {
  return bootstrap_indices(pictures, config.replicates, config.seed);
}

std::vector<Decision> judge(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen) {
  const Policy& policy = policy_of(config);
  const auto cohort = cohort_at(config, curves, images_seen);
  if (cohort.members.empty()) return {};
  auto inputs = policy.inputs(config, cohort);
  std::vector<Decision> decisions;
  for (size_t c = 0; c < inputs.size(); ++c) {
    inputs[c].update({{"images_seen", images_seen}, {"cohort", inputs.size()}});
    const auto [verdict, reason] = policy.outcome(config, inputs[c]);
    inputs[c]["reason"] = reason;
    decisions.push_back({cohort.members[c].candidate, verdict, policy.title(), policy.version, std::move(inputs[c])});
  }
  return decisions;
}

Verdict verdict_of(const PolicyConfig& config, const std::string& rule, const Json& inputs) {
  const auto policies = all_policies();
  const auto known = std::ranges::find(policies, rule, &Policy::title);
  if (known == policies.end())
    throw ConfigError("rule \"" + rule + "\" is not known; this program judges by " + listed(policies, &Policy::title));
  try {
    return known->outcome(config, inputs).verdict;
  } catch (const Json::exception& error) {
    throw ConfigError("the inputs of a decision by " + rule + ": " + json_words(error));
  }
}

}  // namespace mds
