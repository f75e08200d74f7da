#include "networks/adapter.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <catch2/catch.hpp>

#include "networks/network.h"
#include "networks/network_spec.h"

namespace mds {
namespace {

UNetSpec small_unet() {
  UNetSpec spec{.latent_channels = 4, .size = 8, .text_tokens = 5, .text_width = 12, .time_width = 32};
  spec.levels = {LevelSpec{.width = 8}, LevelSpec{.width = 16, .down = {1}, .up = {1, 0}, .stack = {.heads = 2}}};
  return spec;
}

NetworkPtr seeded(const Plan& plan, uint64_t seed) {
  auto network = make_network(plan);
  initialise(*network, seed);
  return network;
}

Conditioning inputs_of(const UNetSpec& unet, int64_t count) {
  return {.timesteps_N = at::full({count}, 500, at::kLong),
          .text_NSC = at::randn({count, unet.text_tokens, unet.text_width})};
}

}  // namespace

TEST_CASE("an adapter has the parameters of T2I-Adapter, and a reduced one a fraction of them") {
  CHECK(cost(make_plan(load_network("t2i-adapter"))).params == 77369280);
  CHECK(cost(make_plan(load_network("md-adapter"))).params == 32634560);
  CHECK(cost(make_plan(load_network("md-adapter-light"))).params == 2537328);
}

TEST_CASE("an adapter's levels are those of its UNet") {
  for (const char* name : {"mobilediffusion", "mobilediffusion-lite", "sd15"}) {
    const UNetSpec unet = load_unet(name);
    for (const int64_t reduction : {1, 4})
      CHECK_NOTHROW(check_adapter(adapter_for(unet, reduction), make_plan(unet), name));
  }
  const auto ends = level_ends(make_plan(load_unet("sd15")));
  REQUIRE(ends.size() == 4);
  CHECK(ends[0].path == "down1.1.attn");
  CHECK(ends[3].path == "down4.1.conv");
  CHECK_THROWS_WITH(check_adapter(AdapterSpec{}, make_plan(load_unet("sd15")), "x"),
                    Catch::Contains("320x64x64, 640x32x32, 1024x16x16; the UNet's levels are 320x64x64"));
}

TEST_CASE("before training the maps of an adapter are zero, and some weight has a gradient") {
  for (const int64_t reduction : {1, 4}) {
    const AdapterSpec spec{.size = 32, .widths = {8, 16}, .reduction = reduction};
    const auto network = seeded(make_plan(spec), 1);
    const auto maps = network->outputs(at::rand({2, 3, 32, 32}));
    REQUIRE(maps.size() == 2);
    for (const auto& [name, map] : maps) CHECK(map.abs().max().item<float>() == 0);
    maps.at("level1").sum().backward();
    bool learns = false;
    for (const Tensor& weight : network->parameters())
      learns |= weight.grad().defined() && weight.grad().abs().max().item<float>() > 0;
    CHECK(learns);
  }
}

TEST_CASE("controls of zero leave a network's output as it is, and others change it where they say") {
  torch::NoGradGuard no_grad;
  const UNetSpec spec = small_unet();
  const auto unet = seeded(make_plan(spec), 3);
  for (Tensor weight : unet->parameters()) weight.add_(0.01);  // no weight is zero
  const Tensor x = at::randn({2, 4, 8, 8});
  Conditioning inputs = inputs_of(spec, 2);
  const Tensor plain = unet->forward(x, inputs);
  const auto ends = level_ends(unet->plan());
  for (const auto& end : ends)
    inputs.controls.outputs[end.path] = at::zeros({1, end.out.channels, end.out.height, end.out.width});
  CHECK(at::equal(unet->forward(x, inputs), plain));

  inputs.controls.outputs.begin()->second.fill_(1);
  const Tensor controlled = unet->forward(x, inputs);
  CHECK_FALSE(at::equal(controlled, plain));
  const Observer adding = [&](const PlanStep& step, Tensor y) {
    return step.path == inputs.controls.outputs.begin()->first ? y + 1 : y;
  };
  Conditioning bare = inputs;
  bare.controls = {};
  CHECK(at::equal(unet->forward(x, bare, compose({Observer(), adding})), controlled));
}

TEST_CASE("a control of a skip changes only what reads the skip") {
  torch::NoGradGuard no_grad;
  const UNetSpec spec = small_unet();
  const auto unet = seeded(make_plan(spec), 3);
  for (Tensor weight : unet->parameters()) weight.add_(0.01);
  const Tensor x = at::randn({1, 4, 8, 8});
  Conditioning inputs = inputs_of(spec, 1);
  std::map<std::string, Tensor> plain, changed;
  const auto into = [](auto& kept) {
    return [&kept](const PlanStep& step, Tensor y) {
      kept[step.path] = y;
      return y;
    };
  };
  unet->forward(x, inputs, into(plain));
  inputs.controls.skips["down1.0.conv"] = at::ones({1, 8, 8, 8});
  unet->forward(x, inputs, into(changed));
  for (const auto& [path, y] : plain) {
    const bool reads = path == "up1.0.conv" || path == "up1.1.conv" || path == "norm_out" || path == "conv_out";
    INFO(path);
    CHECK(at::equal(y, changed.at(path)) == !reads);
  }
}

TEST_CASE("a control for an unknown step or of another shape is refused") {
  const UNetSpec spec = small_unet();
  const auto unet = seeded(make_plan(spec), 3);
  const Tensor x = at::randn({1, 4, 8, 8});
  Conditioning inputs = inputs_of(spec, 1);
  inputs.controls.outputs["down7.0.conv"] = at::ones({1, 8, 8, 8});
  CHECK_THROWS_WITH(unet->forward(x, inputs), Catch::Contains("no such step"));
  inputs.controls.outputs = {{"down1.0.conv", at::ones({1, 8, 4, 8})}};
  CHECK_THROWS_WITH(unet->forward(x, inputs), Catch::Contains("needed: N x 8x8x8"));
  inputs.controls = {.skips = {{"norm_out", at::ones({1, 8, 8, 8})}}};
  CHECK_THROWS_WITH(unet->forward(x, inputs), Catch::Contains("that pushes a skip"));
}

}  // namespace mds
