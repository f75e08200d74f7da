// One pass of a network as a trace that chrome://tracing and Perfetto open: an event for each step, with its work and
// its speed.
#pragma once

#include <string>

#include "experiments/timing/step_timing.h"

namespace mds {

// When a step began and ended, in nanoseconds from the start of the pass.
struct StepSpan {
  size_t step = 0;  // of the plan
  int64_t start_ns = 0, end_ns = 0;
};

// The last of a few passes with random weights and inputs; from each step's end to that of the next,
// for which a GPU is waited.
std::vector<StepSpan> trace_pass(const Plan& plan, const ProfileOptions& options);

// In the JSON format of Chrome's trace events.
std::string chrome_trace(const Plan& plan, const std::vector<StepSpan>& spans, const ProfileOptions& options);

}  // namespace mds
