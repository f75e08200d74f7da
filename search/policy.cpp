#include "search/policy.h"

#include <algorithm>

#include "search/policy_table.h"
#include "spec/listed.h"

namespace mds {

constexpr const char* kept_key = "kept";

std::vector<std::string> policy_scores(const PolicyConfig& config) {
  std::vector<std::string> names;
  for (const auto& score : judged_scores(config)) names.push_back(score.name);
  return names;
}

BootstrapIndices policy_indices(const PolicyConfig& config, int64_t pictures) {
  return bootstrap_indices(pictures, config.replicates, config.seed);
}

std::vector<Decision> judge(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen,
                            RungState rung) {
  const Policy& policy = policy_of(config);
  auto cohort = cohort_at(config, curves, images_seen);
  cohort.rung = rung;
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

Detail detail_of(const PolicyConfig& config) { return policy_of(config).detail; }

std::string problem_of(const PolicyConfig& config, const Curve& curve) {
  if (curve.evaluations.empty()) return "";
  try {
    cohort_at(config, {curve}, curve.evaluations.back().images_seen);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

bool judges_at_once(const PolicyConfig& config) {
  const Waits waits = policy_of(config).waits;
  return waits == Waits::never || (waits == Waits::for_cohort && config.against == Rivals::previous);
}

std::map<std::string, double> mean_ranks_at(const PolicyConfig& config, const std::vector<Curve>& curves,
                                            int64_t images_seen) {
  const Cohort cohort = cohort_at(config, curves, images_seen);
  const auto ranks = mean_ranks(levels_of(config, cohort));
  std::map<std::string, double> by_candidate;
  for (size_t c = 0; c < ranks.size(); ++c) by_candidate[cohort.members[c].candidate] = ranks[c];
  return by_candidate;
}

void keep_best(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen,
               std::vector<Decision>& decisions) {
  const auto ranks = mean_ranks_at(config, curves, images_seen);
  const auto best =
      std::ranges::min_element(decisions, {}, [&](const Decision& decision) { return ranks.at(decision.candidate); });
  best->verdict = Verdict::go_on;
  best->inputs[kept_key] = true;
  best->inputs["reason"] = best->inputs.value("reason", "") + "; the best of those left, as somebody goes on";
}

Verdict verdict_of(const PolicyConfig& config, const std::string& rule, const Json& inputs) {
  const auto policies = all_policies();
  const auto known = std::ranges::find(policies, rule, &Policy::title);
  if (known == policies.end())
    throw ConfigError("rule \"" + rule + "\" is not known; this program judges by " + listed(policies, &Policy::title));
  try {
    if (inputs.value(kept_key, false)) return Verdict::go_on;
    return known->outcome(config, inputs).verdict;
  } catch (const Json::exception& error) {
    throw ConfigError("the inputs of a decision by " + rule + ": " + json_words(error));
  }
}

}  // namespace mds
