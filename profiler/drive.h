// Drivers run the blocks of samples. bench.h does the sampling itself (clock, storage, order, stopping); a driver only
// calls `sample` as often as a block asks, in the order of the blocks, and reports what it saw.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mds {

struct DriverBlock {
  std::string name;
  int64_t samples = 1;
  std::function<int64_t()> sample;  // runs the callable once and returns nanoseconds
};

struct BlockReport {
  std::string name;
  int64_t samples = 0;
  double seconds = 0;  // the total that the driver measured
};

using Driver = std::function<std::vector<BlockReport>(const std::vector<DriverBlock>&)>;

std::vector<BlockReport> drive_plainly(const std::vector<DriverBlock>& blocks);

// Registers each block as a benchmark with manual time and a fixed iteration count, and runs them through Google
// Benchmark. Clears its registry. An exception from a sample stops the run and is rethrown. Absent from core builds.
std::vector<BlockReport> drive_google_benchmark(const std::vector<DriverBlock>& blocks);

// Google Benchmark where the build has it.
Driver default_driver();

}  // namespace mds
