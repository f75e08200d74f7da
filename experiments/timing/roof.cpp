#include "experiments/timing/roof.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "experiments/timing/step_timing.h"
#include "networks/lone_block.h"
#include "networks/network.h"

namespace mds {
namespace {

double best_gflops(Precision dtype, Kernels kernels) {
  const Place place{"roof", ""};
  const PlanStep product = lone_step({{"kind", "convolution"}, {"kernel", 1}}, parse_site("2048x32x32", place), place);
  Listener silent;
  const RawProfile timed = time_plan({.input = product.site.in, .steps = {product}}, {0},
                                     {.mode = TimingMode::quick, .dtype = dtype, .kernels = kernels}, silent);
  const auto samples = pooled(timed.steps.front().samples_ns);
  return 2 * double(cost(product).macs_valid) / double(*std::ranges::min_element(samples));
}

double best_gflops(Precision dtype) {
  const double library = best_gflops(dtype, Kernels::library);
  return can_prepare() ? std::max(library, best_gflops(dtype, Kernels::prepared)) : library;
}

double best_copy() {
  constexpr int64_t bytes = int64_t(256) << 20;
  const at::Tensor from = at::zeros({bytes}, at::kByte);
  at::Tensor to = at::zeros({bytes}, at::kByte);
  const Stopwatch watch = host_stopwatch();
  int64_t best_ns = std::numeric_limits<int64_t>::max();
  for (int i = 0; i < 5; ++i) best_ns = std::min(best_ns, watch([&] { to.copy_(from); }));
  return 2 * double(bytes) / double(best_ns);
}

}  // namespace

Roof measured_roof() {
  return {.fp32_gflops = best_gflops(Precision::fp32),
          .bf16_gflops = best_gflops(Precision::bf16),
          .copy_gb_s = best_copy()};
}

}  // namespace mds
