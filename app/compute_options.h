// The flags of every command that computes: --seed, --threads and --device; and --kernels of those that draw or time.
#pragma once

#include "app/options.h"
#include "networks/placement.h"
#include "trainer/ranks.h"

namespace mds {

struct ComputeOptions {
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  std::string device = "cpu";
  Precision dtype = Precision::fp32;  // its flag is the command's own, as its meaning is
  Kernels kernels = Kernels::library;
};
void add_compute_options(po::options_description& options, ComputeOptions& compute);
void add_kernels_option(po::options_description& options, ComputeOptions& compute);
// Sets LibTorch's threads and returns where and in what networks run. UsageError for a device that does not exist.
// Where this processor lacks the kernels that were asked for, stderr says so and the library's run.
Placement apply(const ComputeOptions& compute);
// Of "cuda" without a number, the GPU of the `process`-th of several on this host, which take all of them in turn.
std::string spread_device(const std::string& device, int64_t process);
// Of several processes on a host, each takes its share of the cores, and of the GPUs its own.
void share_host(ComputeOptions& compute, const RankAddress& address);
// The same for what runs on the CPU alone, as "networks are exported from the CPU": UsageError for another device.
Placement apply_on_cpu(const ComputeOptions& compute, const std::string& why);

}  // namespace mds
