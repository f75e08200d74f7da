#include "experiments/timing/roof.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "experiments/timing/step_timing.h"
#include "networks/lone_block.h"
#include "networks/network.h"
#include "profiler/device_clock.h"

namespace mds {
namespace {

double best_gflops(const ProfileOptions& options) {
  const Place place{"roof", ""};
  const PlanStep product = lone_step({{"kind", "convolution"}, {"kernel", 1}}, parse_site("2048x32x32", place), place);
  Listener silent;
  const RawProfile timed = time_plan({.input = product.site.in, .steps = {product}}, {0}, options, silent);
  const auto samples = pooled(timed.steps.front().samples_ns);
  const double operations = 2 * double(cost(product).macs_valid) * double(options.batch);
  return operations / double(*std::ranges::min_element(samples));
}

double best_gflops(Precision dtype, const std::string& device) {
  ProfileOptions options{.mode = TimingMode::quick, .dtype = dtype, .device = device};
  const bool on_cpu = device == "cpu";
  if (!on_cpu) options.batch = 16;  // one alone does not fill a GPU
  double best = best_gflops(options);
  options.kernels = Kernels::prepared;
  if (on_cpu && can_prepare()) best = std::max(best, best_gflops(options));
  return best;
}

double best_copy(const std::string& device) {
  constexpr int64_t bytes = int64_t(256) << 20;
  const at::Tensor from = at::zeros({bytes}, at::TensorOptions(at::kByte).device(c10::Device(device)));
  at::Tensor to = at::zeros_like(from);
  const Stopwatch watch = device_stopwatch(device);
  int64_t best_ns = std::numeric_limits<int64_t>::max();
  for (int i = 0; i < 5; ++i) best_ns = std::min(best_ns, watch([&] { to.copy_(from); }));
  return 2 * double(bytes) / double(best_ns);
}

}  // namespace

Roof measured_roof(const std::string& device) {
  return {.fp32_gflops = best_gflops(Precision::fp32, device),
          .bf16_gflops = best_gflops(Precision::bf16, device),
          .copy_gb_s = best_copy(device)};
}

}  // namespace mds
