// The end of a rung: reads the evaluations of each candidate, applies the policy and records the decisions.
#pragma once

#include "experiments/sweep/scores.h"

namespace mds {

// ConfigError where the policy names the text-image score but the scoring encoder is not reliable.
void check_policy(const PolicyConfig& policy, const Evaluator& evaluator);

// For when no run can be trained: judges the runs that wait at the lowest rung at which any waits, together with all
// that were scored there; those that pass are promoted to the next. Returns false where none waits. All decisions and
// their changes of state are one transaction, so that a kill leaves all or none.
bool judge_waiting(const SweepContext& sweep);

// For when a run has come to its rung: the same for every rung, if the policy does not wait for the other runs.
void judge_arrived(const SweepContext& sweep);

}  // namespace mds
