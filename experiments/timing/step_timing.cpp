#include "experiments/timing/step_timing.h"

#include <torch/types.h>

#include <map>
#include <numeric>

#include "experiments/timing/rig.h"
#include "experiments/timing/roof.h"
#include "profiler/device_clock.h"

namespace mds {
namespace {

StepSamples samples_of(const Timing& timing) {
  return {.path = timing.name,
          .samples_ns = timing.sample_blocks(),
          .mark = timing.mark,
          .warmup_count = timing.warmup_count,
          .warmup_ns = timing.warmup_ns};
}

}  // namespace

void set_placement(ProfileOptions& options, const Placement& placement) {
  options.device = placement.device.str();
  options.kernels = placement.device.is_cpu() ? placement.kernels : Kernels::library;
}

std::optional<int64_t> pass_peak(const RawProfile& profile) {
  return profile.memory.empty() ? std::nullopt : profile.memory.back().peak_bytes;
}

std::vector<size_t> representatives(const Plan& plan) {
  std::map<std::string, size_t> first;
  std::vector<size_t> indices;
  for (size_t i = 0; i < plan.steps.size(); ++i)
    indices.push_back(first.emplace(canonical_json(plan.steps[i]), i).first->second);
  return indices;
}

std::vector<size_t> distinct_steps(const Plan& plan) {
  const auto first = representatives(plan);
  std::vector<size_t> indices;
  for (size_t i = 0; i < first.size(); ++i)
    if (first[i] == i) indices.push_back(i);
  return indices;
}

RawProfile time_plan(Plan plan, const std::vector<size_t>& steps, const ProfileOptions& options, Listener& listener) {
  const torch::NoGradGuard no_grad;
  std::vector<size_t> indices = steps;
  if (!options.whole) {  // allocates only the weights of the wanted steps
    std::vector<PlanStep> wanted;
    for (const size_t i : steps) wanted.push_back(plan.steps[i]);
    plan.steps = std::move(wanted);
    std::iota(indices.begin(), indices.end(), size_t{0});
  }
  Rig rig(std::move(plan), options);
  std::vector<Callable> callables;
  if (options.whole) callables.push_back(rig.whole());
  for (const size_t i : indices) callables.push_back(rig.step(i));
  RawProfile profile = time_all(callables, options, listener);
  if (options.whole) profile.memory.insert(profile.memory.begin(), rig.memory().begin(), rig.memory().end());
  return profile;
}

RawProfile time_network(const NetworkSpec& network, const ProfileOptions& options, Listener& listener) {
  Plan plan = make_plan(canonical(network));
  const auto steps = options.blocks ? distinct_steps(plan) : std::vector<size_t>{};
  const auto roof = options.blocks ? std::optional(measured_roof(options.device)) : std::nullopt;
  RawProfile profile = time_plan(std::move(plan), steps, options, listener);
  profile.roof = roof;
  return profile;
}

RawProfile time_all(const std::vector<Callable>& callables, const ProfileOptions& options, Listener& listener) {
  RawProfile profile{.conditions = capture_environment().conditions};
  if (options.whole) profile.memory = {memory_of("pass", options.device, callables.front().run)};
  const auto progress = listener.progress("profile", int64_t(callables.size()));
  int64_t done = 0;
  const BenchOptions bench{.stopping = stopping_config(options.mode),
                           .seed = options.seed,
                           .stopwatch = device_stopwatch(options.device),
                           .on_finished = [&](const Timing& timing) { progress->show(++done, timing.name); }};
  for (const auto& timing : time_callables(callables, bench)) profile.steps.push_back(samples_of(timing));
  return profile;
}

}  // namespace mds
