// Sweeps that were never trained: curves of a known shape, evaluated with the noise that real ones have, so that a rule
// can be judged by what it stops when nothing differs, and by what it finds when something does.
#pragma once

#include <string>
#include <vector>

#include "search/policy.h"

namespace mds {

// The true distance of a candidate to its data set: floor + scale (images / first)^-power, where `first` is the images
// seen at the first rung.
struct CurveShape {
  double floor = 0.03;
  double scale = 0.25;
  double power = 0.6;
};

// Defaults are about what the recorded sweep shows, whose networks drew 64 pictures, with a spread of seeds as in long
// trainings.
struct SimulationConfig {
  std::vector<int64_t> images{4000, 12000, 24000, 72000};  // seen at each rung
  int64_t pictures = 64;
  double seed_spread = 0.02;      // standard deviation of the log distance between training seeds
  double seed_persistence = 0.5;  // share of its variance that a run keeps; the rest is drawn anew at each evaluation
  double shared = 0.6;            // standard deviation of what one picture does to the log distance of every candidate,
  double own = 0.4;               // and of what it does to that of one candidate at one evaluation
  double bias = 2;                // a distance of n pictures is too large by bias / n
  double clip_gain = 0.19;        // what the text-image score gains where the distance falls by a factor e
  double clip_shared = 0.15, clip_own = 0.19;  // of one picture, as above
};

double true_distance(const CurveShape& shape, const SimulationConfig& config, int64_t images_seen);

// One sweep: its pictures are the same for all candidates and evaluations.
class SimulatedSweep {
 public:
  // `rows` are policy_indices for these pictures; both outlive the object.
  SimulatedSweep(const SimulationConfig& config, const BootstrapIndices& rows, uint64_t seed);

  // The whole curve of one candidate, with the scores fd_emoji_clip and clip_emoji.
  Curve curve(const std::string& candidate, const CurveShape& shape);

 private:
  Evaluation evaluation(int64_t images_seen, double log_distance);

  const SimulationConfig& config_;
  const BootstrapIndices& rows_;
  Random random_;
  std::vector<double> shared_, clip_shared_;  // by picture
};

}  // namespace mds
