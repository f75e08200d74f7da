// The end of a rung: reads the evaluations of each candidate, applies the policy and records the decisions.
#pragma once

#include "experiments/sweep/scores.h"

namespace mds {

// ConfigError where the policy names the text-image score but the scoring encoder is not reliable.
void check_policy(const PolicyConfig& policy, const Evaluator& evaluator);

// Judges the runs that wait at `rung` together with all that were scored there; those that pass are promoted to the
// next. All decisions of a rung and their changes of state are one transaction, so that a kill leaves all or none.
void judge_rung(const SweepContext& sweep, int64_t rung);

}  // namespace mds
