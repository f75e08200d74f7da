// What a sweep will train, how long it will take and what it will write, if no candidate is stopped.
#pragma once

#include "experiments/listener.h"
#include "experiments/sweep/config.h"
#include "reports/table.h"

namespace mds {

struct SweepPlanRequest {
  Placement placement{};
  int64_t devices = 1;  // that share the work
  double tflops = 0;    // sustained by each device, 2 FLOP a multiply-accumulate; 0: as timed here
};

// Needs no data set. Without `tflops`, passes of the cheapest and the dearest proxy are timed on latents of noise;
// where the folders of the encoders are not there, times are unknown. Writes nothing. ConfigError as for the sweep.
std::string plan_text(const SweepConfig& config, const SweepPlanRequest& request, Format format, Listener& listener);

}  // namespace mds
