// What a search makes better: numbers that are computed from a network (cheap), or that are known only after something
// was measured or trained (dear). Cheap ones are evaluated first, in the order of Expense, and may refuse a network
// before anything dear is spent on it.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "networks/unet.h"
#include "spec/cost.h"
#include "spec/score_kind.h"

namespace mds {

// In rising order; caps come before all of these.
enum class Expense : uint8_t { analytic, predicted_latency, measured_latency, training };

struct Objective {
  std::string name{};
  Expense expense = Expense::training;
  Better better = Better::lower;
  std::function<double(const UNetSpec&, const Cost&)> value{};  // null: dear, a strategy is told of it
  double limit = std::numeric_limits<double>::infinity();       // of a cheap one: worse values are refused

  bool dear() const { return !value; }
  double oriented(double raw) const { return better == Better::lower ? raw : -raw; }  // lower is better
  bool within_limit(double raw) const { return oriented(raw) <= (better == Better::lower ? limit : -limit); }
};

// params, macs or macs_valid of the network, the fewer the better; none for another name.
std::optional<Objective> analytic_objective(const std::string& name);
// A score that training yields, better in the direction that its name tells; none for a name that is no score's.
std::optional<Objective> trained_objective(const std::string& name);

}  // namespace mds
