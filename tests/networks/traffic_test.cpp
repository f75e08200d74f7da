// The bytes that steps move at least.
#include "networks/traffic.h"

#include "networks/lone_block.h"
#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;

namespace {

PlanStep block_at(const Json& block, const char* site) { return lone_step(block, parse_site(site, {}), {}); }

}  // namespace

TEST_CASE("a block moves its weights once for a batch, and every sample's input and output", "[networks]") {
  const Traffic moved = traffic(block_at({{"kind", "convolution"}, {"kernel", 3}, {"out", 32}}, "16x8x4"));
  CHECK(moved.weights == 32 * 16 * 9 + 32);
  CHECK(moved.activations == (16 + 32) * 8 * 4);
  CHECK(bytes_moved(moved, "fp32", 1) == 4 * (moved.weights + moved.activations));
  CHECK(bytes_moved(moved, "bf16", 3) == 2 * (moved.weights + 3 * moved.activations));
}

TEST_CASE("8 bits halve only the weights of products", "[networks]") {
  const Traffic pointwise = traffic(block_at({{"kind", "convolution"}, {"kernel", 1}}, "16x8x4"));
  CHECK(bytes_moved(pointwise, "int8", 1) == bytes_moved(pointwise, "bf16", 1) - pointwise.weights);
  const Traffic square = traffic(block_at({{"kind", "convolution"}, {"kernel", 3}}, "16x8x4"));
  CHECK(bytes_moved(square, "int8-weights", 1) == bytes_moved(square, "bf16", 1));
}

TEST_CASE("a skip is moved too, whether it is joined or added", "[networks]") {
  PlanStep step = block_at({{"kind", "resnet"}}, "16x8x4");
  const int64_t alone = traffic(step).activations;
  step.link = Link::add;
  CHECK(traffic(step).activations == alone + 16 * 8 * 4);
  const Json joined{{"in", to_json(Shape::map(24, 8, 4))}, {"skip_channels", 8}};
  const PlanStep wider = lone_step({{"kind", "resnet"}, {"out", 16}}, parse_site(joined, {}), {});
  CHECK(traffic(wider).activations == alone + 8 * 8 * 4);
}

TEST_CASE("of a vocabulary only the words of the text are read", "[networks]") {
  const Plan plan = make_plan(load_network("clip-vit-l-14-text"));
  const PlanStep& embedding = plan.steps.front();
  CHECK(cost(embedding).params > 30'000'000);
  CHECK(traffic(embedding).weights == 2 * 77 * 768);
}

TEST_CASE("every step of a UNet reads all its weights", "[networks]") {
  for (const auto& step : make_plan(load_network("mobilediffusion")).steps) {
    INFO(step.path);
    CHECK(traffic(step).weights == cost(step).params);
    CHECK(traffic(step).products <= traffic(step).weights);
  }
}
