// The flags of every command that computes: --seed, --threads and --device.
#pragma once

#include "app/options.h"
#include "networks/placement.h"

namespace mds {

struct ComputeOptions {
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  std::string device = "cpu";
};
void add_compute_options(po::options_description& options, ComputeOptions& compute);
// Sets LibTorch's threads and returns where networks run, in fp32. UsageError for a device that does not exist.
Placement apply(const ComputeOptions& compute);

}  // namespace mds
