// Predicts where learning curves end from where they begin: candidates that were stopped early are then comparable with
// those that trained to the end.
#pragma once

#include <vector>

#include "search/surrogate.h"

namespace mds {

struct BegunCurve {
  Features features{};
  std::vector<double> values{};  // after each rung so far; at least one
};

// The value after the last of `rungs` rungs for each curve, which is its own last value where it came to the end. For
// the others it is a straight line in the last value, fitted to those that came to the end, plus what a Surrogate says
// of that line's errors. Where none came to the end, the value of each after the rung that all reached.
std::vector<double> curve_ends(const std::vector<BegunCurve>& curves, int64_t rungs);

}  // namespace mds
