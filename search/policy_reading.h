// Evaluations as a test needs them: a value whose bias by the number of pictures is removed, and how it varies with the
// choice of pictures and with the seed of the training. Readings are oriented so that higher is worse.
#pragma once

#include "search/policy_cohort.h"

namespace mds {

struct Reading {
  double value = 0;
  std::vector<double> shifts{};  // what each replicate adds to it: other pictures and another training seed
};

// For each member its last `size` evaluations in one score, oldest first. Replicate r means the same resampled pictures
// for all members, so that differences are paired.
std::vector<std::vector<Reading>> readings_of(const PolicyConfig& config, const Cohort& cohort, const Judged& score,
                                              size_t size);

// The sum of a window's readings with these weights.
Reading weighted(const std::vector<Reading>& window, const std::vector<double>& weights);

// One member against the median of its rivals, which it is not part of.
struct Gap {
  double own = 0, median = 0;
  double deviation = 0;              // standard deviation of own - median
  std::vector<double> replicates{};  // of own - median
  double difference() const { return own - median; }
};

// The gap of each reading to the median of its rivals (rivals_of); nothing is known of one without rivals. `pictures`
// are those behind a reading; 0: not known.
std::vector<Gap> gaps_of(const std::vector<Reading>& readings, Rivals against, int64_t pictures);

// Gaps of one member, each in units of its deviation, in sum: a standard normal variable where there is no gap.
struct GapSum {
  double z = 0;
  std::vector<double> replicates{};  // tell how far the gaps go together; empty where one does not vary
};
GapSum sum_of(const std::vector<const Gap*>& gaps, int64_t pictures);

// The chance of a sum as large or larger if there is no gap, and that of two sums which are both as large as the
// smaller.
double chance_of(const GapSum& sum);
double chance_of_both(const GapSum& one, const GapSum& other);

// The p-values times what Holm's procedure multiplies them by: comparing each with alpha keeps the chance that any of
// the true hypotheses is rejected below alpha, however the tests depend on each other.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace mds
