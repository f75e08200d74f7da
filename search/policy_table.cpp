#include "search/policy_table.h"

#include <algorithm>
#include <array>

#include "spec/listed.h"

namespace mds {

std::span<const Policy> all_policies() {
  static const std::array list{paper_policy_1, paper_policy_2, paper_policy, level_policy,
                               median_policy,  halving_policy, asha_policy,  none_policy};
  return list;
}

const Policy& policy_of(const PolicyConfig& config) {
  const Policy* newest = nullptr;
  std::vector<std::string> versions;
  for (const auto& policy : all_policies()) {
    if (policy.name != name_of(config.rule)) continue;
    if (policy.version == config.version) return policy;
    versions.push_back(std::to_string(policy.version));
    if (!newest || policy.version > newest->version) newest = &policy;
  }
  if (newest && config.version == 0) return *newest;
  throw ConfigError("policy.version: is " + std::to_string(config.version) + "; " + std::string(name_of(config.rule)) +
                    " has version " + listed(versions));
}

}  // namespace mds
