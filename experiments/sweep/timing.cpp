#include "experiments/sweep/timing.h"

#include <set>

#include "experiments/arch_record.h"
#include "experiments/timing/profiling.h"

namespace mds {

void time_candidates(const SweepContext& sweep) {
  const auto profiling = sweep.clock.in("profile");
  std::set<std::string> timed;
  for (const auto& run : runs_of(sweep.database, sweep.config.name)) {
    if (!timed.insert(run.proxy_of).second) continue;
    sweep.listener.throw_if_stopped();
    const ArchRow arch = find_arch(sweep.database, run.proxy_of).value();
    profile_into(sweep.database, {arch.name, network_of(arch)},
                 {.mode = TimingMode::quick, .kernels = sweep.placement.kernels}, sweep.listener);
  }
}

}  // namespace mds
