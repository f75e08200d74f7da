// The flags of every command that computes: --seed, --threads and --device; and --kernels of those that draw or time.
#pragma once

#include "app/options.h"
#include "networks/placement.h"

namespace mds {

struct ComputeOptions {
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  std::string device = "cpu";
  std::string kernels = "library";
};
void add_compute_options(po::options_description& options, ComputeOptions& compute);
void add_kernels_option(po::options_description& options, ComputeOptions& compute);
// Sets LibTorch's threads and returns where networks run, in fp32. UsageError for a device that does not exist.
// Where this processor lacks the kernels that were asked for, stderr says so and the library's run.
Placement apply(const ComputeOptions& compute);
// The same for timings, which are of the CPU: UsageError for another device.
Placement apply_to_profile(const ComputeOptions& compute);

}  // namespace mds
