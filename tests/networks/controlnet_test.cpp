#include "networks/controlnet.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <catch2/catch.hpp>

#include "networks/network.h"
#include "networks/network_spec.h"

namespace mds {
namespace {

UNetSpec controlled_unet() {
  UNetSpec spec{.latent_channels = 4, .size = 8, .text_tokens = 5, .text_width = 12, .time_width = 32, .mid = 1};
  spec.levels = {LevelSpec{.width = 8}, LevelSpec{.width = 16, .down = {1}, .up = {1, 0}, .stack = {.heads = 2}}};
  return spec;
}

}  // namespace

TEST_CASE("a ControlNet of SD-1.5 has the parameters of lllyasviel's") {
  const int64_t hint = cost(make_plan(load_network("sd15-controlnet-hint"))).params;
  const Plan plan = make_plan(load_network("sd15-controlnet"));
  int64_t zero = 0;
  for (const auto& step : plan.steps)
    if (step.path.starts_with("zero")) zero += cost(step).params;
  CHECK(hint == 1086480);
  CHECK(zero == 11479680);
  CHECK(cost(plan).params + hint == 361279120);
}

TEST_CASE("a ControlNet's outputs fit the skips and the middle of its UNet") {
  for (const char* name : {"sd15", "mobilediffusion", "mobilediffusion-lite"}) {
    const UNetSpec unet = load_unet(name);
    const Plan base = make_plan(unet), copy = make_plan(ControlNetSpec{unet});
    const auto targets = control_targets(base);
    const auto named = [](const Plan& plan, const auto& name, auto member) {
      return std::ranges::find(plan.steps, name, member)->out;
    };
    for (const auto& target : targets)
      CHECK(named(copy, target.output, &PlanStep::output) == named(base, target.path, &PlanStep::path));
    CHECK(make_plan(hint_for(unet)).steps.back().out == named(base, std::string("conv_in"), &PlanStep::path));
  }
  CHECK(control_targets(make_plan(load_unet("sd15"))).size() == 13);
}

TEST_CASE("before training a ControlNet adds zeros") {
  const UNetSpec unet = controlled_unet();
  const auto copy = make_network(make_plan(ControlNetSpec{unet}));
  initialise(*copy, 1);
  Conditioning inputs{.timesteps_N = at::full({1}, 500, at::kLong), .text_NSC = at::randn({1, 5, 12})};
  inputs.controls.outputs["conv_in"] = at::randn({1, 8, 8, 8});
  const auto outputs = copy->outputs(at::randn({1, 4, 8, 8}), inputs);
  CHECK(outputs.size() == control_targets(make_plan(unet)).size());
  for (const auto& [name, map] : outputs) CHECK(map.abs().max().item<float>() == 0);
}

TEST_CASE("a hint of other widths or of an odd size is refused") {
  CHECK_THROWS_WITH(make_plan(HintSpec{.widths = {16, 32}}), Catch::Contains("widths has 2 numbers; allowed: 4"));
  CHECK_THROWS_WITH(make_plan(HintSpec{.size = 100}), Catch::Contains("allowed: multiples of 8"));
}

}  // namespace mds
