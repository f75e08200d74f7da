#include "experiments/timing/rig.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "networks/memory.h"
#include "profiler/memory.h"

namespace mds {
namespace {

constexpr int64_t any_timestep = 500;

}  // namespace

void require_pass(const Plan& plan, const ProfileOptions& options) {
  require_pass(plan, {.batch = options.batch,
                      .value_bytes = int64_t(c10::elementSize(scalar_type(options.dtype))),
                      .usable_bytes = free_device_bytes(options.device)});
}

Rig::Rig(Plan plan, const ProfileOptions& options)
    : batch_(options.batch),
      numbers_(at::TensorOptions(scalar_type(options.dtype)).device(c10::Device(options.device))),
      generator_(at::detail::createCPUGenerator(options.seed)) {
  require_pass(plan, options);
  memory_.push_back(memory_of("weights", options.device, [&] {
    network_ = make_network(std::move(plan), {.device = numbers_.device(), .dtype = options.dtype});
    initialise(*network_, options.seed);
  }));
  if (options.kernels == Kernels::library) {
    network_->prepare(options.kernels);  // refuses 8-bit weights
    return;
  }
  memory_.push_back(memory_of("prepare", options.device, [&] { network_->prepare(options.kernels); }));
}

Callable Rig::step(size_t i) {
  const PlanStep& step = network_->plan().steps[i];
  return {step.path, [this, i, x = main_input(step), skip = skip_input(step), conditioning = conditioning_of(step)] {
            network_->run_step(i, x, skip, conditioning);
          }};
}

Callable Rig::whole(const Observer& observer) {
  const auto& steps = network_->plan().steps;
  Conditioning conditioning = conditioning_of(steps.front());
  for (const auto& step : steps) {
    if (step.site.pooled_width > 0) {
      const Conditioning added = conditioning_of(step);
      conditioning.text_embeds_NP = added.text_embeds_NP;
      conditioning.time_ids_NI = added.time_ids_NI;
    }
    if (step.link == Link::layout) fill_layout(conditioning, step.site);
  }
  return {whole_path, [this, observer, x = main_input(steps.front()), conditioning] {
            network_->forward(x, conditioning, observer);
          }};
}

Tensor Rig::random(at::IntArrayRef sizes) { return at::randn(sizes, generator_, at::kFloat).to(numbers_); }

Tensor Rig::random(const Shape& shape) {
  if (shape.kind == ShapeKind::vector) return random({batch_, shape.channels});
  if (shape.kind == ShapeKind::tokens) return random({batch_, shape.height, shape.channels});
  return random({batch_, shape.channels, shape.height, shape.width}).contiguous(network_->maps());
}

Tensor Rig::main_input(const PlanStep& step) {
  Shape shape = step.site.in;
  if (const auto* tokens = std::get_if<TokenEmbedding>(&step.block))
    return at::randint(tokens->vocabulary, {batch_, shape.height}, generator_, at::kLong).to(numbers_.device());
  shape.channels -= step.site.skip_channels;
  return random(shape);
}

Tensor Rig::skip_input(const PlanStep& step) {
  if (step.link != Link::concat && step.link != Link::add) return {};
  Shape shape = step.site.in;
  if (step.link == Link::concat) shape.channels = step.site.skip_channels;
  return random(shape);
}

void Rig::fill_layout(Conditioning& conditioning, const Site& site) {
  conditioning.boxes_NB4 = random({batch_, site.boxes, 4});
  conditioning.phrases_NBC = random({batch_, site.boxes, site.text_width});
  conditioning.box_mask_NB = at::ones({batch_, site.boxes}, numbers_);
}

Conditioning Rig::conditioning_of(const PlanStep& step) {
  const Site& site = step.site;
  Conditioning conditioning;
  if (step.link == Link::time) conditioning.timesteps_N = at::full({batch_}, any_timestep, numbers_.dtype(at::kLong));
  if (site.time_width > 0) conditioning.time_NE = random({batch_, site.time_width});
  if (site.pooled_width > 0) conditioning.text_embeds_NP = random({batch_, site.pooled_width});
  if (site.time_ids > 0) conditioning.time_ids_NI = random({batch_, site.time_ids});
  if (step.link == Link::layout)
    fill_layout(conditioning, site);
  else if (site.boxes > 0)
    conditioning.layout_NBC = random({batch_, site.boxes, site.text_width});
  if (site.text_tokens > 0) conditioning.text_NSC = random({batch_, site.text_tokens, site.text_width});
  if (site.in.kind == ShapeKind::tokens)
    conditioning.text_end_N = at::full({batch_}, site.in.height - 1, numbers_.dtype(at::kLong));
  return conditioning;
}

}  // namespace mds
