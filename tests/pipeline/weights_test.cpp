// Loading weights into a network: what does not fit is listed by name, and half precision is widened.
#include "pipeline/weights.h"

#include <ATen/ATen.h>

#include "networks/tower.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

NetworkPtr tower() {
  const auto network = make_network(
      make_plan(TextTowerSpec{.vocabulary = 20, .tokens = 4, .width = 8, .layers = 1, .heads = 2, .mlp = 16}));
  initialise(*network, 1);
  return network;
}

}  // namespace

TEST_CASE("weights that do not fit a network are listed by name", "[pipeline][torch]") {
  const auto network = tower();
  const Tensor before = network->parameters()[0].detach().clone();
  TensorMap weights;
  for (const auto& [name, weight] : weights_of(*network)) weights[name] = at::ones_like(weight);
  const std::string missing = weights.begin()->first, misshapen = weights.rbegin()->first;
  weights.erase(missing);
  weights[misshapen] = at::zeros({1, 2, 3});
  weights["stranger"] = at::zeros({1});
  CHECK_THROWS_WITH(load_weights(*network, weights, "some.safetensors"),
                    Contains("some.safetensors: 3 tensors do not fit") && Contains("missing " + missing) &&
                        Contains("misshapen " + misshapen + ": [1, 2, 3], expected [") &&
                        Contains("unexpected stranger"));
  CHECK(at::equal(network->parameters()[0], before));  // nothing was copied
}

TEST_CASE("weights that are not finite are refused by name", "[pipeline][torch]") {
  const auto network = tower();
  TensorMap weights;
  for (const auto& [name, weight] : weights_of(*network)) weights[name] = weight.clone();
  const std::string bad = weights.rbegin()->first;
  weights[bad].flatten()[0] = GENERATE(double(NAN), double(INFINITY));
  CHECK_THROWS_WITH(load_weights(*network, weights, "some.safetensors"),
                    Contains("some.safetensors: 1 tensors") && Contains("not finite " + bad));
}

TEST_CASE("a network reads its own weights back from half precision", "[pipeline][torch]") {
  const auto written = tower(), read = tower();
  const std::string file = scratch("weights_test.safetensors").string();
  save_tensors(file, {.tensors = weights_of(*written), .metadata = {}}, at::kHalf);
  for (auto& [name, weight] : weights_of(*read)) weight.zero_();
  load_weights(*read, load_tensors(file).tensors, file);
  for (const auto& [name, weight] : weights_of(*read)) {
    INFO(name);
    CHECK(weight.scalar_type() == at::kFloat);
    CHECK(at::equal(weight, weights_of(*written).at(name).to(at::kHalf).to(at::kFloat)));
  }
}
