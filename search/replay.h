// Plays a sweep over curves that are known to their end: whom a policy would have trained how far, and what that finds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "search/simulation.h"

namespace mds {

// Curves of candidates, in the order of the sweep, with the truth about them.
struct Trial {
  std::vector<Curve> curves{};
  std::vector<int64_t> images{};  // seen at each rung
  // How bad each candidate is at the last rung, lower is better; not finite where its curve ends before.
  std::vector<double> ends{};
};

// What one policy made of one trial.
struct Played {
  double cost = 0;  // share of all images that were trained on
  // How much worse the found candidate ends than the best, in the unit of `ends`; none where every curve that the
  // policy kept ends before the last rung.
  std::optional<double> regret{};
  int64_t stopped = 0;
  int64_t cut = 0;  // of those that would have gone on, those whose curves end
};

// With one worker that trains the deepest run first.
Played play(const PolicyConfig& policy, const Trial& trial);

// Trains all to a rung, and the one that is best there in the policy's first score to the end. std::logic_error for a
// trial without a whole curve.
Played play_fixed(const PolicyConfig& policy, const Trial& trial, size_t rung);

// How bad an evaluation is in the policy's first score; logarithmic for a distance that falls by factors.
double badness_of(const PolicyConfig& policy, const Evaluation& evaluation);

// Candidates of differing shapes, as they may be found in a space.
Trial simulated_trial(const SimulationConfig& config, const BootstrapIndices& rows, int64_t candidates, uint64_t seed);

// The mean of a number over trials with its 95% bootstrap interval over them.
struct Mean {
  double value = 0;
  Interval interval{};
};
Mean mean_with_interval(const std::vector<double>& values);

}  // namespace mds
