// gelu against swish, as the paper's section 3.2 argues for: `activation_error [ROUNDS]` runs each different
// transformer block of MobileDiffusion with either activation in its feed-forward, at every precision of prepared
// networks, from the same weights and inputs. The error is relative (L2) and of what the block
// adds to its input, against float32 with LibTorch's operators.
//
//     cmake --build --preset release --target activation_error && build/release/networks/activation_error
#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <set>

#include "networks/network.h"
#include "networks/network_file.h"

using namespace mds;

namespace {

constexpr std::array precisions{Precision::fp32, Precision::bf16, Precision::int8, Precision::int8_weights};
constexpr std::array activations{Activation::gelu, Activation::silu};

struct Inputs {
  Tensor x;
  Conditioning conditioning;

  explicit Inputs(const Site& site, at::ScalarType dtype = at::kFloat) {
    at::manual_seed(1);
    x = at::randn({1, site.in.channels, site.in.height, site.in.width})
            .to(dtype)
            .contiguous(at::MemoryFormat::ChannelsLast);
    conditioning.text_NSC = at::randn({1, site.text_tokens, site.text_width}).to(dtype);
  }
};

NetworkPtr network_of(const PlanStep& step, Precision precision) {
  const NetworkPtr network = make_network({.input = step.site.in, .steps = {step}}, {.dtype = precision});
  initialise(*network, 1);
  for (const auto& item : state_of(*network))  // output layers, which start at zero
    if (Tensor values = item.value(); values.dim() > 1 && values.count_nonzero().item<int64_t>() == 0) {
      at::manual_seed(2);
      values.normal_(0, 1 / std::sqrt(double(values[0].numel())));
    }
  return network;
}

Tensor pass(const Network& network, const Inputs& inputs) {
  return network.run_step(0, inputs.x, {}, inputs.conditioning);
}

double seconds_of(const Network& network, const Inputs& inputs) {
  const auto start = std::chrono::steady_clock::now();
  pass(network, inputs);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double relative_error(const Tensor& y, const Tensor& x, const Tensor& reference) {
  return ((y.to(at::kFloat) - reference).norm() / (reference - x).norm()).item<double>();
}

PlanStep with(PlanStep step, Activation activation) {
  std::get<TransformerStack>(step.block).options.ff_activation = activation;
  return step;
}

// Both activations alternate; each keeps its fastest pass.
void compare(const PlanStep& step, Precision precision, int64_t rounds) {
  const Inputs exact(step.site), inputs(step.site, scalar_type(precision));
  std::vector<NetworkPtr> networks;
  std::array<double, 2> errors{}, fastest{};
  for (const size_t side : {0, 1}) {
    const PlanStep own = with(step, activations[side]);
    networks.push_back(network_of(own, precision));
    networks[side]->prepare();
    errors[side] =
        relative_error(pass(*networks[side], inputs), exact.x, pass(*network_of(own, Precision::fp32), exact));
  }
  for (int64_t i = 0; i < rounds; ++i)
    for (const size_t side : {0, 1}) {
      const double seconds = seconds_of(*networks[side], inputs);
      fastest[side] = i == 0 ? seconds : std::min(fastest[side], seconds);
    }
  std::printf("%-10s %-13s gelu %8.3f ms  swish %8.3f ms  (%.3f)   error %.2e  %.2e\n", step.path.c_str(),
              std::string(name_of(precision)).c_str(), 1e3 * fastest[0], 1e3 * fastest[1], fastest[1] / fastest[0],
              errors[0], errors[1]);
}

// The paper's equations 2 and 3, each operation rounded to float16, as hardware without wider sums computes them.
void compare_in_half() {
  const Tensor x = at::linspace(-200, 200, 400001, at::kDouble).to(at::kHalf), wide = x.to(at::kDouble);
  const Tensor cube = x * x * x * 0.044715;
  const Tensor gelu = x * 0.5 * ((x + cube) * std::sqrt(2 / std::numbers::pi)).tanh().add(1);
  const Tensor swish = x * x.sigmoid();
  const Tensor exact_gelu = at::gelu(wide), exact_swish = at::silu(wide);
  const auto report = [&](const char* name, const Tensor& half, const Tensor& exact, const Tensor& inner) {
    const Tensor error = (half.to(at::kDouble) - exact).abs(), small = wide.abs() < 8;
    const Tensor overflowed = wide.abs().masked_select(at::isfinite(inner).logical_not());
    std::printf("float16 %-6s largest error for |x| < 8: %.2e, beyond: %.2e; a sum overflows %s", name,
                error.masked_select(small).max().item<double>(),
                error.masked_select(small.logical_not()).max().item<double>(),
                overflowed.numel() ? "from |x| = " : "nowhere up to |x| = 200\n");
    if (overflowed.numel()) std::printf("%.1f on\n", overflowed.min().item<double>());
  };
  report("gelu", gelu, exact_gelu, cube);
  report("swish", swish, exact_swish, swish);
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t rounds = argc > 1 ? std::max(1LL, std::atoll(argv[1])) : 20;
  torch::NoGradGuard no_grad;
  std::set<std::string> seen;
  for (const PlanStep& step : make_plan(load_network("mobilediffusion")).steps)
    if (std::holds_alternative<TransformerStack>(step.block) && seen.insert(canonical_json(step)).second)
      for (const Precision precision : precisions) compare(step, precision, rounds);
  compare_in_half();
}
