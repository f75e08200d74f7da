// Times callables against each other: warm-up, then rounds in which every unfinished callable gets one block of
// samples, in a new random order each round, until its stopping rule holds. Interleaving spreads slow drifts of the
// machine (clocks, heat, other load) over all callables alike. Raw samples are kept in the order they were taken.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "profiler/drive.h"
#include "profiler/statistics.h"
#include "profiler/stopping.h"

namespace mds {

struct Callable {
  std::string name;  // unique among callables timed together
  std::function<void()> run;
};

struct Timing {
  std::string name;
  std::vector<int64_t> samples_ns;
  std::vector<BlockReport> blocks;  // successive parts of samples_ns, as the driver reported them
  int64_t warmup_count = 0;
  int64_t warmup_ns = 0;
  TimingMark mark = TimingMark::unchecked;

  SampleBlocks sample_blocks() const;
};

// Runs the callable once and returns its duration in nanoseconds.
using Stopwatch = std::function<int64_t(const std::function<void()>&)>;

int64_t steady_now_ns();

// A host clock around the callable. `synchronise` waits for a device, before the clock starts and before it is read.
Stopwatch host_stopwatch(std::function<void()> synchronise = {}, std::function<int64_t()> now_ns = steady_now_ns);

struct BenchOptions {
  StoppingConfig stopping = stopping_config(TimingMode::screening);
  uint64_t seed = 0;  // for the order within rounds
  Stopwatch stopwatch = host_stopwatch();
  Driver driver = default_driver();
  std::function<void(const Timing&)> on_finished = [](const Timing&) {};  // for progress lines
};

// One timing for each callable, in their order. ConfigError where two callables have the same name; exceptions of a
// callable pass through.
std::vector<Timing> time_callables(const std::vector<Callable>& callables, const BenchOptions& options = {});

}  // namespace mds
