// Stopped candidates that train on all the same, and what they show of the rule that stopped them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "search/policy.h"
#include "search/store/store.h"

namespace mds {

inline constexpr int64_t least_audited = 2;

// Who of these newly stopped candidates is audited, so that PolicyConfig::audit holds for all stops together; drawn by
// the policy's seed. `stopped` and `audited` count those of before.
std::vector<std::string> drawn_for_audit(const PolicyConfig& config, std::vector<std::string> candidates,
                                         int64_t stopped, int64_t audited);

struct Audit {
  int64_t runs = 0, stopped = 0;
  int64_t audited = 0;      // of the stopped, those that have reached the deepest rung
  int64_t false_stops = 0;  // of the audited, those that are there better than the median of those that went on
  double saved = 0;         // share of all iterations that was not trained, because candidates stopped
  std::string score{};      // by which the following is judged
  // How much worse the winner is than the best of all that reached the deepest rung: as a share of the best for a
  // distance that falls by factors, else as a difference. Nothing without an audited run there.
  std::optional<double> regret{};
};
Audit audit_of(const Database& database, const std::string& sweep);

std::string in_words(const Audit& audit);  // "" where nobody was stopped

}  // namespace mds
