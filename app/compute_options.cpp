#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>

#include "app/options.h"
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

void apply(const ComputeOptions& compute) {
  require_within("--threads", compute.threads, between(0, 1024));
  set_compute_device(device_of(compute.device));
  at::set_num_threads(compute.threads > 0 ? compute.threads : int(usable_processors()));
}

}  // namespace mds
