// Inception-v3 as FID uses it: its counts equal the published table, and pictures are processed independently.
#include "networks/inception.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <map>

#include "networks/network.h"
#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;

namespace {

constexpr InceptionSpec tiny{.size = 75, .width_divisor = 16};

NetworkPtr tiny_network() {
  const NetworkPtr network = make_network(make_plan(tiny));
  initialise(*network, 3);
  return network;
}

}  // namespace

TEST_CASE("Inception-v3 has the parameters and MACs of its published blocks", "[networks]") {
  const Plan plan = make_plan(load_network("inception-v3-fid"));
  const Cost total = cost(plan);
  CHECK(total.params == 21785568);
  CHECK(double(total.macs) == Approx(5.711e9).epsilon(1e-4));
  CHECK(double(total.macs_valid) == Approx(5.466e9).epsilon(1e-4));
  std::map<std::string, Cost> costs;
  for (const auto& step : plan.steps) costs[step.path] = cost(step);
  const auto [path, params, macs] = GENERATE(table<std::string, int64_t, int64_t>({
      {"Conv2d_1a_3x3", 928, 19181664},
      {"Conv2d_4a_3x3", 138624, 696867840},
      {"Mixed_5b", 255904, 312345600},
      {"Mixed_6a", 1153280, 401937408},
      {"Mixed_6b", 1297408, 374063104},
      {"Mixed_7a", 1698304, 291004416},
      {"Mixed_7c", 6076800, 388497408},
      {"MaxPool_1", 0, 0},
  }));
  CHECK(costs.at(path).params == params);
  CHECK(costs.at(path).macs == macs);
}

TEST_CASE("Inception-v3's maps have the published sides, and its features no map at all", "[networks]") {
  const Plan plan = make_plan(InceptionSpec{});
  std::map<std::string, Shape> outputs;
  for (const auto& step : plan.steps) outputs[step.path] = step.out;
  CHECK(outputs.at("MaxPool_2") == Shape::map(192, 35, 35));
  CHECK(outputs.at("Mixed_6e") == Shape::map(768, 17, 17));
  CHECK(outputs.at("Mixed_7a") == Shape::map(1280, 8, 8));
  CHECK(plan.steps.back().out == Shape::vector(2048));
  CHECK(plan.steps.back().output == "features");
}

TEST_CASE("a width divisor that does not divide all widths is refused", "[networks]") {
  CHECK_THROWS_WITH(make_plan(InceptionSpec{.width_divisor = 3}), Catch::Contains("width_divisor 3"));
}

TEST_CASE("a narrow Inception-v3 gives features of the sizes its plan says, picture by picture", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const NetworkPtr network = tiny_network();
  const Tensor x = at::rand({2, 3, tiny.size, tiny.size}) * 255;
  const Tensor features = network->forward(x);
  CHECK(features.sizes() == at::IntArrayRef({2, 128}));
  CHECK(at::allclose(features.slice(0, 1), network->forward(x.slice(0, 1)), 1e-4, 1e-7));
  CHECK(parameter_count(*network) == cost(network->plan()).params);
}

TEST_CASE("running statistics are part of a network's state and not of its parameters", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const NetworkPtr network = tiny_network();
  const auto state = state_of(*network);
  CHECK(state.contains("Mixed_7c.branch3x3dbl_3b.bn.running_var"));
  CHECK(!network->named_parameters().contains("Mixed_7c.branch3x3dbl_3b.bn.running_var"));
  const Tensor x = at::rand({1, 3, tiny.size, tiny.size}) * 255, before = network->forward(x);
  state["Mixed_7c.branch_pool.bn.running_mean"].sub_(1);  // raises the last branch's output by one, before its ReLU
  CHECK(at::equal(network->forward(x).slice(1, 0, 116), before.slice(1, 0, 116)));
  CHECK((network->forward(x).slice(1, 116) > before.slice(1, 116)).all().item<bool>());
}
