#include "app/compute_options.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>

#include <iostream>

#include "app/usage_error.h"
#include "networks/network.h"
#include "spec/processors.h"

namespace mds {
namespace {

// "cpu", "cuda" (the first GPU) or "cuda:N".
at::Device device_of(const std::string& name) {
  const int64_t count = torch::cuda::device_count();
  if (name == "cpu") return at::kCPU;
  for (int64_t i = 0; i < count; ++i)
    if (name == "cuda:" + std::to_string(i) || (name == "cuda" && i == 0)) return {at::kCUDA, at::DeviceIndex(i)};
  throw UsageError("--device is \"" + name + "\"; allowed: cpu" +
                   (count > 0 ? ", cuda, cuda:0 to cuda:" + std::to_string(count - 1)
                              : "; this LibTorch finds no CUDA device here"));
}

}  // namespace

void add_compute_options(po::options_description& options, ComputeOptions& compute) {
  options.add_options()("seed", number(&compute.seed, at_least(0)), "Seed of everything that is drawn at random")(
      "threads", number(&compute.threads, between(1, 1024), "all cores"), "Threads of the CPU that compute")(
      "device", po::value(&compute.device)->default_value(compute.device)->value_name("NAME"),
      "Where networks run: cpu, cuda or cuda:N");
}

void add_kernels_option(po::options_description& options, ComputeOptions& compute) {
  compute.kernels = Kernels::prepared;
  options.add_options()(
      "kernels", choice(&compute.kernels),
      "What runs networks on the CPU that draw, teach or are timed: LibTorch's operators, or kernels over "
      "packed weights");
}

Placement apply(const ComputeOptions& compute) {
  require_within("--threads", compute.threads, between(0, 1024));
  Placement placement{.device = device_of(compute.device), .dtype = compute.dtype, .kernels = compute.kernels};
  if (placement.kernels == Kernels::prepared && placement.device.is_cpu() && !can_prepare()) {
    std::cerr << "mdsearch: prepared kernels need x86-64 with AVX2 and a LibTorch with oneDNN's matrix kernels; the "
                 "library's kernels run\n";
    placement.kernels = Kernels::library;
  }
  at::set_num_threads(compute.threads > 0 ? compute.threads : int(usable_processors()));
  return placement;
}

std::string spread_device(const std::string& device, int64_t process) {
  const int64_t count = torch::cuda::device_count();
  return device == "cuda" && count > 0 ? device + ":" + std::to_string(process % count) : device;
}

void share_host(ComputeOptions& compute, const RankAddress& address) {
  if (compute.threads == 0)
    compute.threads =
        int(std::max<int64_t>(1, int64_t(usable_processors()) / std::max<int64_t>(1, address.local_count)));
  compute.device = spread_device(compute.device, address.local_rank);
}

Placement apply_on_cpu(const ComputeOptions& compute, const std::string& why) {
  if (compute.device != "cpu") throw UsageError("--device is \"" + compute.device + "\"; " + why + ": allowed: cpu");
  return apply(compute);
}

}  // namespace mds
