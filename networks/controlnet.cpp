#include "networks/controlnet.h"

#include <algorithm>

#include "spec/error.h"

namespace mds {
namespace {

constexpr size_t hint_widths = 4;

// The step behind the last one on the way down or of the middle.
size_t first_up(const Plan& unet) {
  return size_t(std::ranges::find_if(unet.steps, [](const PlanStep& step) { return step.path.starts_with("up"); }) -
                unet.steps.begin());
}

PlanStep zero_convolution(const StepName& name, const Shape& in, const std::string& output) {
  PlanSink sink;
  sink.step(name, SingleConvolution{.out = in.channels, .kernel = 1, .init = Init::zero}, Site{.in = in}, Link::beside);
  sink.plan.steps.back().output = output;
  return sink.plan.steps.back();
}

}  // namespace

std::vector<ControlTarget> control_targets(const Plan& unet) {
  std::vector<ControlTarget> targets;
  const size_t end = first_up(unet);
  for (size_t i = 0; i < end; ++i)
    if (unet.steps[i].link == Link::push)
      targets.push_back({"control." + std::to_string(targets.size()), unet.steps[i].path, true});
  targets.push_back({"control.middle", unet.steps[end - 1].path, false});
  return targets;
}

Plan make_plan(const ControlNetSpec& spec) {
  const Plan unet = make_plan(spec.unet);
  const auto targets = control_targets(unet);
  Plan plan{.input = unet.input, .steps = {}};
  auto target = targets.begin();
  int64_t index = 0;
  for (size_t i = 0; i < first_up(unet); ++i) {
    PlanStep step = unet.steps[i];
    if (step.link == Link::push) step.link = Link::none;
    plan.steps.push_back(step);
    for (; target != targets.end() && target->path == step.path; ++target) {
      const StepName name = target->skip ? StepName{"zero", 0, index++} : StepName{"zero_middle"};
      plan.steps.push_back(zero_convolution(name, step.out, target->output));
    }
  }
  return plan;
}

Plan make_plan(const HintSpec& spec) {
  if (spec.widths.size() != hint_widths)
    throw ConfigError("widths has " + std::to_string(spec.widths.size()) +
                      " numbers; allowed: " + std::to_string(hint_widths));
  const Extent extent = extent_of(spec);
  if (extent.height % pixels_a_latent != 0 || extent.width % pixels_a_latent != 0)
    throw ConfigError("the control picture's size is " + to_string(extent) + "; allowed: multiples of " +
                      std::to_string(pixels_a_latent));
  Chain chain(Shape::map(spec.channels, extent));
  chain.add({"conv_in"}, HintConvolution{.out = spec.widths[0]});
  StepName name{.side = "blocks", .index = 0};
  for (size_t i = 0; i + 1 < spec.widths.size(); ++i) {
    chain.add(name, HintConvolution{.out = spec.widths[i]});
    ++name.index;
    chain.add(name, HintConvolution{.out = spec.widths[i + 1], .stride = 2});
    ++name.index;
  }
  chain.add({"conv_out"}, SingleConvolution{.out = spec.out, .init = Init::zero}, "hint");
  return chain.finish();
}

HintSpec hint_for(const UNetSpec& unet) {
  HintSpec spec{.out = unet.levels.at(0).width};
  const Extent latent = extent_of(unet);
  set_extent(spec, {latent.height * pixels_a_latent, latent.width * pixels_a_latent});
  return spec;
}

}  // namespace mds
