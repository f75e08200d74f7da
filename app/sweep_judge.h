// The end of a rung: reads what each candidate's evaluations left, applies the policy, records the decisions.
#pragma once

#include "app/sweep_config.h"
#include "search/store/store.h"

namespace mds {

// Judges the runs that wait at `rung`; those that go on are promoted to the next. Safe to repeat after a kill: a decision
// and its change of state are one transaction.
void judge_rung(Store& store, const SweepConfig& config, const Evaluator& evaluator, int64_t rung);

}  // namespace mds
