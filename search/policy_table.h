// The stop-and-promote rules, each with its version. A version that decided in a stored sweep stays, so that its
// decisions can be checked; a rule that decides otherwise is a new version.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/policy_cohort.h"

namespace mds {

struct Outcome {
  Verdict verdict;
  std::string reason;
};

// Whether a rule judges a rung when every run has come there, or each run when it comes.
enum class Waits : uint8_t { always, for_cohort, never };  // for_cohort: where rivals are the cohort

struct Policy {
  std::string_view name;
  int64_t version;
  // The numbers from which each member's verdict follows, in the cohort's order.
  std::vector<Json> (*inputs)(const PolicyConfig& config, const Cohort& cohort);
  // The verdict of such numbers alone; Json::exception where one is missing.
  Outcome (*outcome)(const PolicyConfig& config, const Json& inputs);

  Detail detail = Detail::values;  // what it needs of an evaluation
  Waits waits = Waits::always;

  std::string title() const { return std::string(name) + "/" + std::to_string(version); }
};

std::span<const Policy> all_policies();

// That of a configuration; ConfigError where the rule has no such version.
const Policy& policy_of(const PolicyConfig& config);

extern const Policy paper_policy_1, paper_policy_2, paper_policy, level_policy, median_policy, halving_policy,
    asha_policy, none_policy;

}  // namespace mds
