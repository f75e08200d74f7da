#include "experiments/timing/step_timing.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <malloc.h>
#include <torch/types.h>

#include <map>
#include <numeric>

#include "experiments/timing/roof.h"
#include "networks/memory.h"
#include "profiler/memory.h"

namespace mds {
namespace {

constexpr int64_t some_timestep = 500;

// A network with the inputs that each of its steps needs to run alone.
class Rig {
 public:
  Rig(Plan plan, const ProfileOptions& options)
      : batch_(options.batch),
        dtype_(scalar_type(options.dtype)),
        generator_(at::detail::createCPUGenerator(options.seed)),
        network_(make_network(std::move(plan), {.dtype = options.dtype})) {
    initialise(*network_, options.seed);
    network_->prepare(options.kernels);
  }

  Callable step(size_t i) {
    const PlanStep& step = network_->plan().steps[i];
    return {step.path, [this, i, x = main_input(step), skip = skip_input(step), conditioning = conditioning_of(step)] {
              network_->run_step(i, x, skip, conditioning);
            }};
  }

  // The network has the input and conditioning of its first step, as all its steps have the same text in scope.
  Callable whole() {
    const auto& steps = network_->plan().steps;
    return {whole_path, [this, x = main_input(steps.front()), conditioning = conditioning_of(steps.front())] {
              network_->forward(x, conditioning);
            }};
  }

 private:
  Tensor random(at::IntArrayRef sizes) { return at::randn(sizes, generator_, at::kFloat).to(dtype_); }

  Tensor random(const Shape& shape) {
    if (shape.kind == ShapeKind::vector) return random({batch_, shape.channels});
    if (shape.kind == ShapeKind::tokens) return random({batch_, shape.height, shape.channels});
    return random({batch_, shape.channels, shape.height, shape.width}).contiguous(network_->maps());
  }

  Tensor main_input(const PlanStep& step) {
    Shape shape = step.site.in;
    if (const auto* tokens = std::get_if<TokenEmbedding>(&step.block))
      return at::randint(tokens->vocabulary, {batch_, shape.height}, generator_, at::kLong);
    shape.channels -= step.site.skip_channels;
    return random(shape);
  }

  Tensor skip_input(const PlanStep& step) {
    if (step.link != Link::concat && step.link != Link::add) return {};
    Shape shape = step.site.in;
    if (step.link == Link::concat) shape.channels = step.site.skip_channels;
    return random(shape);
  }

  Conditioning conditioning_of(const PlanStep& step) {
    const Site& site = step.site;
    Conditioning conditioning;
    if (step.link == Link::time) conditioning.timesteps_N = at::full({batch_}, some_timestep, at::kLong);
    if (site.time_width > 0) conditioning.time_NE = random({batch_, site.time_width});
    if (site.pooled_width > 0) conditioning.text_embeds_NP = random({batch_, site.pooled_width});
    if (site.time_ids > 0) conditioning.time_ids_NI = random({batch_, site.time_ids});
    if (site.text_tokens > 0) conditioning.text_NSC = random({batch_, site.text_tokens, site.text_width});
    if (site.in.kind == ShapeKind::tokens) conditioning.text_end_N = at::full({batch_}, site.in.height - 1, at::kLong);
    return conditioning;
  }

  int64_t batch_;
  at::ScalarType dtype_;
  at::Generator generator_;
  NetworkPtr network_;
};

// Releases freed memory that malloc keeps first, because it does not belong to the pass.
std::optional<int64_t> peak_of(const Callable& whole) {
  ::malloc_trim(0);
  if (!reset_peak_resident()) return std::nullopt;
  whole.run();
  return peak_resident_bytes();
}

StepSamples samples_of(const Timing& timing) {
  return {.path = timing.name,
          .samples_ns = timing.sample_blocks(),
          .mark = timing.mark,
          .warmup_count = timing.warmup_count,
          .warmup_ns = timing.warmup_ns};
}

}  // namespace

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
  const auto value_bytes = int64_t(c10::elementSize(scalar_type(options.dtype)));
  require_pass(plan, {.batch = options.batch, .value_bytes = value_bytes});
  Rig rig(std::move(plan), options);
  std::vector<Callable> callables;
  if (options.whole) callables.push_back(rig.whole());
  for (const size_t i : indices) callables.push_back(rig.step(i));
  return time_all(callables, options, listener);
}

RawProfile time_network(const NetworkSpec& network, const ProfileOptions& options, Listener& listener) {
  Plan plan = make_plan(canonical(network));
  const auto steps = options.blocks ? distinct_steps(plan) : std::vector<size_t>{};
  const auto roof = options.blocks ? std::optional(measured_roof()) : std::nullopt;
  RawProfile profile = time_plan(std::move(plan), steps, options, listener);
  profile.roof = roof;
  return profile;
}

RawProfile time_all(const std::vector<Callable>& callables, const ProfileOptions& options, Listener& listener) {
  RawProfile profile{.conditions = capture_environment().conditions};
  if (options.whole) profile.peak_bytes = peak_of(callables.front());
  const auto progress = listener.progress("profile", int64_t(callables.size()));
  int64_t done = 0;
  const BenchOptions bench{.stopping = stopping_config(options.mode),
                           .seed = options.seed,
                           .on_finished = [&](const Timing& timing) { progress->show(++done, timing.name); }};
  for (const auto& timing : time_callables(callables, bench)) profile.steps.push_back(samples_of(timing));
  return profile;
}

}  // namespace mds
