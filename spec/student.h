// Student's interval of a mean, for the few values that several seeds give.
#pragma once

#include <vector>

#include "spec/bootstrap.h"

namespace mds {

// The 95 % interval of the mean of independent values, with the mean in its middle:
//   mean +- t(0.975, S - 1) s / sqrt(S), where s is the standard deviation (S - 1) of the S values.
// ConfigError for fewer than 2 values.
Interval student_interval(const std::vector<double>& values);

}  // namespace mds
