#include "search/objective.h"

namespace mds {

std::optional<Objective> analytic_objective(const std::string& name) {
  for (const auto& [known, count] :
       {std::pair{"params", &Cost::params}, {"macs", &Cost::macs}, {"macs_valid", &Cost::macs_valid}})
    if (name == known)
      return Objective{.name = name,
                       .expense = Expense::analytic,
                       .value = [count = count](const UNetSpec&, const Cost& cost) { return double(cost.*count); }};
  return std::nullopt;
}

std::optional<Objective> trained_objective(const std::string& name) {
  const ScoreKind* kind = score_kind(name);
  if (!kind) return std::nullopt;
  return Objective{.name = name, .expense = Expense::training, .better = kind->better};
}

}  // namespace mds
