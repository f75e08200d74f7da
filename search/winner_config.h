// How a sweep chooses its winners, as a file gives it: by which objectives, and within which limits of size.
#pragma once

#include <string>
#include <vector>

#include "search/candidate.h"

namespace mds {

struct WinnerClass {
  std::string name{};
  int64_t max_params = Caps{}.params;
  double max_gmacs = Caps{}.gmacs();
  std::string against{};
  bool operator==(const WinnerClass&) const = default;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "name of the class; winner-NAME@SWEEP is its winner, which best-NAME holds");
    field("max_params", self.max_params, "largest number of parameters of its networks at full scale",
          max_params_range);
    field("max_gmacs", self.max_gmacs, "largest full-scale macs_valid of its networks, in 1e9", max_gmacs_range);
    field("against", self.against, "shipped network that the winner is compared with, a candidate of the sweep");
  }
};

struct WinnerConfig {
  std::vector<std::string> objectives{};
  std::vector<WinnerClass> classes{};
  bool operator==(const WinnerConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field(
        "objectives", self.objectives,
        "what decides, the first at equality: scores, params, macs, macs_valid, latency (of all blocks at full scale); "
        "empty: the policy's first score");
    field("classes", self.classes, "classes of size with a winner each; empty: one winner of all candidates");
  }
};

inline constexpr const char* latency_objective = "latency";

// ConfigError for an objective that is none, for no score among them, and for classes without a name of their own.
void check_winner(const WinnerConfig& config, const Place& place);

// The order of candidates whose objectives these are, all better when lower: those that none dominates first, by the
// mean of their ranks among themselves, then the others. The first objective decides where means are equal, and among
// the others.
std::vector<size_t> order_of_merit(const std::vector<std::vector<double>>& objectives);

}  // namespace mds
