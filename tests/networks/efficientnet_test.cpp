// EfficientNet-Lite0 has the counts and shapes of the published table, and TensorFlow's padding of its maps.
#include "networks/efficientnet.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "networks/network.h"
#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("EfficientNet-Lite0 has the parameters of its package without the classifier", "[networks]") {
  const Plan plan = make_plan(load_network("efficientnet-lite0"));
  constexpr int64_t published = 4652008, classifier = 1280 * 1000 + 1000;
  CHECK(cost(plan).params == published - classifier);
  CHECK(cost(plan).macs == 383907552);  // the sum over the convolutions of efficientnet_lite_pytorch
  CHECK(plan.steps.back().out == Shape::vector(1280));
  CHECK(plan.steps.back().output == "features");
}

TEST_CASE("each halving of EfficientNet-Lite0 rounds up", "[networks]") {
  const auto [size, sides] = GENERATE(table<int64_t, std::vector<int64_t>>(
      {{224, {112, 56, 28, 14, 7}}, {225, {113, 57, 29, 15, 8}}, {33, {17, 9, 5, 3, 2}}}));
  std::vector<int64_t> found;
  for (const auto& step : make_plan(EfficientNetSpec{.size = size}).steps)
    if (step.out.kind == ShapeKind::map && step.out.height < step.site.in.height) found.push_back(step.out.height);
  CHECK(found == sides);
}

TEST_CASE("a mobile block runs as its formula, its zeros below and to the right where they are odd",
          "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const auto [side, kernel, stride, before, after] = GENERATE(table<int64_t, int64_t, int64_t, int64_t, int64_t>(
      {{8, 3, 2, 0, 1}, {7, 3, 2, 1, 1}, {8, 5, 2, 1, 2}, {8, 3, 1, 1, 1}, {8, 5, 1, 2, 2}}));
  Chain chain(Shape::map(4, side, side));
  chain.add({"x"}, MobileBlock{.out = 4, .kernel = kernel, .stride = stride, .expansion = 2});
  const NetworkPtr network = make_network(chain.finish());
  initialise(*network, 4);
  const auto weights = network->named_parameters();
  const auto state = state_of(*network);
  const auto norm = [&](const Tensor& x, const std::string& name) {
    const auto by_channel = [&](const char* leaf) { return state["x." + name + leaf].view({1, -1, 1, 1}); };
    return (x - by_channel(".running_mean")) / (by_channel(".running_var") + 1e-3).sqrt() * by_channel(".weight") +
           by_channel(".bias");
  };
  state["x.depthwise_bn.running_mean"].uniform_(-1, 1);
  state["x.project_bn.running_var"].uniform_(0.5, 2);
  const Tensor x = at::randn({2, 4, side, side});
  Tensor y = norm(at::conv2d(x, weights["x.expand.weight"]), "expand_bn").clamp(0, 6);
  const std::vector<int64_t> strides(2, stride), none(2, 0), one(2, 1);
  y = at::conv2d(at::constant_pad_nd(y, {before, after, before, after}), weights["x.depthwise.weight"], Tensor(),
                 strides, none, one, /*groups=*/8);
  y = norm(at::conv2d(norm(y, "depthwise_bn").clamp(0, 6), weights["x.project.weight"]), "project_bn");
  if (stride == 1) y = y + x;
  const Tensor found = network->forward(x);
  REQUIRE(found.sizes() == y.sizes());
  CHECK(at::allclose(found, y, 1e-4, 1e-5));
}

TEST_CASE("EfficientNet-Lite0's features do not depend on what else is in the batch", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const NetworkPtr network = make_network(make_plan(EfficientNetSpec{.size = 32}));
  initialise(*network, 3);
  const Tensor x = at::rand({2, 3, 32, 32}) * 255, features = network->forward(x);
  CHECK(features.sizes() == at::IntArrayRef({2, 1280}));
  CHECK(at::allclose(features.slice(0, 1), network->forward(x.slice(0, 1)), 1e-4, 1e-6));
}
