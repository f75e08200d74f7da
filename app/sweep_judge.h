// The end of a rung: reads what each candidate's evaluations left, applies the policy, records the decisions.
#pragma once

#include "app/sweep_scores.h"
#include "search/store/store.h"

namespace mds {

// ConfigError where the policy names the text-image score and the scoring encoder cannot be trusted.
void check_policy(const PolicyConfig& policy, const Evaluator& evaluator);

// Judges the runs that wait at `rung` in the company of all that were scored there; those that go on are promoted to
// the next. All decisions of a rung and their changes of state are one transaction, so that a kill leaves all or none.
void judge_rung(Store& store, const SweepConfig& config, const SweepMeasures& measures, int64_t rung);

}  // namespace mds
