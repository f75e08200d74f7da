#include "experiments/sweep/untrained.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "reports/rank_rows.h"
#include "search/named_network.h"
#include "trainer/base.h"

namespace mds {
namespace {

void fill_zeros(const TensorMap& weights, uint64_t seed) {
  torch::NoGradGuard no_grad;
  for (const auto& [name, weight] : weights) {
    if (weight.dim() < 2 || weight.count_nonzero().item<int64_t>() > 0) continue;
    const double inputs = double(weight.numel()) / double(weight.size(0));
    const Tensor drawn =
        at::randn(weight.sizes(), generator_for(seed, /*iteration=*/0), weight.options().device(at::kCPU));
    Tensor(weight).copy_(drawn / std::sqrt(inputs));
  }
}

bool has_scores(const Database& database, int64_t run) {
  return std::ranges::any_of(metrics_of(database, run),
                             [](const MetricRow& row) { return row.name.starts_with(untrained_prefix); });
}

UntrainedScores scores_of(const SweepContext& sweep, const RunRow& run) {
  const auto proxy = std::get<UNetSpec>(network_of(find_arch(sweep.database, run.arch).value()));
  LoopConfig loop = sweep.config.loop(uint64_t(run.seed));
  loop.placement = sweep.placement;
  BaseStage stage(proxy, sweep.config.stage, loop, sweep.latents);
  return untrained_scores(stage, loop.seed);
}

}  // namespace

UntrainedScores untrained_scores(Stage& stage, uint64_t seed) {
  const TensorMap weights = stage.weights();
  fill_zeros(weights, seed);
  Optimizer optimizer(weights, {}, /*iterations=*/1);
  optimizer.train(true);
  optimizer.zero_grad();
  stage.loss_of(on_device(stage.batch({1, generator_for(seed, 1)}), weights.begin()->second.device()), {}).backward();
  UntrainedScores scores;
  for (const auto& [name, weight] : weights) {
    if (!weight.grad().defined()) continue;
    scores.gradient_norm += weight.grad().norm().item<double>();
    scores.sensitivity += (weight.detach() * weight.grad()).abs().sum().item<double>();
  }
  return scores;
}

void store_untrained(const SweepContext& sweep) {
  if (!sweep.config.untrained) return;
  const auto scoring = sweep.clock.in("untrained");
  for (const auto& run : runs_of(sweep.database, sweep.config.name)) {
    sweep.listener.throw_if_stopped();
    if (run.state != RunState::queued || run.rung > 0 || has_scores(sweep.database, run.run)) continue;
    const UntrainedScores scores = scores_of(sweep, run);
    const auto add = [&](const char* name, double value) {
      if (std::isfinite(value))
        add_metric(sweep.database, run.run, {.name = std::string(untrained_prefix) + name, .value = value});
    };
    sweep.database.transaction([&] {
      const auto now = runs_of(sweep.database, sweep.config.name);
      const auto same = std::ranges::find(now, run.run, &RunRow::run);
      if (same == now.end() || same->state != RunState::queued) return;  // another worker has begun it
      add("gradient_norm", scores.gradient_norm);
      add("sensitivity", scores.sensitivity);
    });
  }
}

}  // namespace mds
