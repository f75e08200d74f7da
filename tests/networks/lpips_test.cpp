// LPIPS's networks have the counts of the published tables, and its heads weight features as defined.
#include "networks/lpips.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "networks/network.h"
#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;

namespace {

struct Totals {
  Cost trunk, heads;
};

Totals totals_of(const NetworkSpec& spec) {
  Totals totals;
  for (const auto& step : make_plan(spec).steps)
    (step.link == Link::beside ? totals.heads : totals.trunk) += cost(step);
  return totals;
}

}  // namespace

TEST_CASE("LPIPS's trunks and heads have the parameters and MACs of their classifiers", "[networks]") {
  const auto [name, trunk, heads] =
      GENERATE(table<std::string, int64_t, int64_t>({{"lpips-vgg", 14714688, 1472}, {"lpips-alex", 2469696, 1152}}));
  CHECK(totals_of(load_network(name)).trunk.params == trunk);
  CHECK(totals_of(load_network(name)).heads.params == heads);
  const auto [of, pixels, dense, valid] = GENERATE(table<std::string, int64_t, double, double>({
      {"lpips-vgg", 224, 15.347, 14.846},
      {"lpips-vgg", 256, 20.045, 19.472},
      {"lpips-vgg", 512, 80.178, 79.026},
      {"lpips-alex", 224, 0.656, 0.599},
      {"lpips-alex", 256, 0.869, 0.803},
      {"lpips-alex", 512, 3.649, 3.514},
  }));
  INFO(of << " at " << pixels);
  const Cost cost = totals_of(with_size(load_network(of), {pixels, pixels})).trunk;
  CHECK(double(cost.macs) / 1e9 == Approx(dense).margin(6e-4));
  CHECK(double(cost.macs_valid) / 1e9 == Approx(valid).margin(6e-4));
}

TEST_CASE("LPIPS takes features behind the last ReLU of each of five levels", "[networks]") {
  const auto [trunk, channels, sides] = GENERATE(table<LpipsTrunk, std::vector<int64_t>, std::vector<int64_t>>({
      {LpipsTrunk::vgg, {64, 128, 256, 512, 512}, {64, 32, 16, 8, 4}},
      {LpipsTrunk::alex, {64, 192, 384, 256, 256}, {15, 7, 3, 3, 3}},
  }));
  std::vector<int64_t> found_channels, found_sides;
  for (const auto& step : make_plan(LpipsSpec{.trunk = trunk, .size = 64}).steps)
    if (!step.output.empty()) {
      found_channels.push_back(step.out.channels);
      found_sides.push_back(step.out.height);
    }
  CHECK(found_channels == channels);
  CHECK(found_sides == sides);
}

TEST_CASE("a step beside the main path does not change the main path", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const Shape in = Shape::map(3, 6, 6);
  Chain with(in), without(in);
  with.add({"conv"}, ReluConvolution{.out = 4});
  with.add_beside({"head"}, PerceptualHead{}, "level");
  with.add({"last"}, ReluConvolution{.out = 2});
  without.add({"conv"}, ReluConvolution{.out = 4});
  without.add({"last"}, ReluConvolution{.out = 2});
  const NetworkPtr a = make_network(with.finish()), b = make_network(without.finish());
  initialise(*a, 1);
  for (auto& item : b->named_parameters()) item.value().copy_(a->named_parameters()[item.key()]);
  const Tensor x = at::randn({2, 3, 6, 6});
  CHECK(at::equal(a->forward(x), b->forward(x)));
  CHECK(a->outputs(x).at("level").sizes() == at::IntArrayRef({2, 4, 6, 6}));
}

TEST_CASE("a head's squared differences are its 1x1 convolution of the features' squared differences",
          "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  Chain chain(Shape::map(5, 3, 4));
  chain.add_beside({"head"}, PerceptualHead{}, "level");
  const NetworkPtr network = make_network(chain.finish());
  initialise(*network, 2);
  const Tensor weights = network->named_parameters()["head.weight"];
  REQUIRE(weights.ge(0).all().item<bool>());
  const Tensor a = at::rand({2, 5, 3, 4}), b = at::rand({2, 5, 3, 4});
  const auto unit = [](const Tensor& x) { return x / x.norm(2, {1}, /*keepdim=*/true); };
  const Tensor expected = at::conv2d((unit(a) - unit(b)).square(), weights);
  const auto level = [&](const Tensor& x) { return network->outputs(x).at("level"); };
  CHECK(at::allclose((level(a) - level(b)).square().sum(1, true), expected, 1e-4, 1e-6));
  CHECK(level(at::zeros({1, 5, 3, 4})).eq(0).all().item<bool>());
}
