// A clock that only the timed callables advance.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/bench.h"

struct FakeClock {
  int64_t now = 0;

  mds::Callable callable(const std::string& name, int64_t duration_ns) {
    return {name, [this, duration_ns] { now += duration_ns; }};
  }
  mds::BenchOptions options(mds::TimingMode mode) {
    return {.stopping = mds::stopping_config(mode),
            .stopwatch = mds::host_stopwatch({}, [this] { return now; }),
            .driver = mds::drive_plainly};
  }
};
