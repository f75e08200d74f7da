// Scores of candidates that need no training, stored with their runs at iteration 0 so that `report rank` can say what
// they are worth.
#pragma once

#include "experiments/sweep/scores.h"

namespace mds {

struct UntrainedScores {
  double gradient_norm =
      0;                   // sum of the Euclidean norms of the gradients of all weights (arXiv 2101.08134, "grad_norm")
  double sensitivity = 0;  // sum of |weight * its gradient| (SNIP, arXiv 1810.02340)
};

// From the first batch of the training, at the weights it begins with. The last layer begins with zeros, through which
// no gradient would pass: it gets seeded random weights.
UntrainedScores untrained_scores(Stage& stage, uint64_t seed);

// Adds those of all runs that are queued for the first time and have none, where the configuration says so.
void store_untrained(const SweepContext& sweep);

}  // namespace mds
