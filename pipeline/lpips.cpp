#include "pipeline/lpips.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace mds {
namespace {

std::vector<Tensor> levels_of(const Network& network, const Tensor& x_NCHW, const Observer& observer) {
  std::vector<Tensor> levels;
  const auto kept = [&](const PlanStep& step, Tensor y) {
    if (step.link == Link::beside) levels.push_back(y);
    return y;
  };
  network.forward(x_NCHW, {}, compose({observer, kept}));
  return levels;
}

}  // namespace

bool is_lpips(const Plan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [](const PlanStep& step) { return std::holds_alternative<PerceptualHead>(step.block); });
}

Tensor lpips_distance(const Network& network, const Tensor& a_NCHW, const Tensor& b_NCHW, const Observer& observer) {
  const auto a = levels_of(network, a_NCHW, observer), b = levels_of(network, b_NCHW, observer);
  Tensor distance_N;
  for (size_t i = 0; i < a.size(); ++i) {
    const Tensor apart_NCHW = a[i] - b[i];
    const Tensor level_N = (apart_NCHW * apart_NCHW).sum(1).mean({1, 2});
    distance_N = distance_N.defined() ? distance_N + level_N : level_N;
  }
  return distance_N;
}

}  // namespace mds
