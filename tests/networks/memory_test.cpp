// The least memory of a pass, against sums by hand.
#include "networks/memory.h"

#include "networks/network_spec.h"
#include "spec/error.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

PlanStep step_of(Shape in, Shape out, Link link, int64_t skip_channels = 0) {
  PlanStep step;
  step.site.in = in;
  step.site.skip_channels = skip_channels;
  step.out = out;
  step.link = link;
  return step;
}

}  // namespace

TEST_CASE("a pass holds the input and output of a step, and the skips that wait", "[networks]") {
  Plan plan;
  plan.steps = {step_of(Shape::map(3, 8, 8), Shape::map(5, 8, 8), Link::push),
                step_of(Shape::map(5, 8, 8), Shape::map(7, 4, 4), Link::none),
                step_of(Shape::map(7, 4, 4), Shape::map(7, 8, 8), Link::none),
                step_of(Shape::map(12, 8, 8), Shape::map(2, 8, 8), Link::concat, 5)};
  CHECK(least_values(plan) == (12 + 2) * 64);  // the joined input; its skip waits no longer
  plan.steps.pop_back();
  CHECK(least_values(plan) == 7 * 16 + 7 * 64 + 5 * 64);  // the skip waits
}

TEST_CASE("a part of a plan may join skips that it does not push", "[networks]") {
  Plan plan;
  plan.steps = {step_of(Shape::map(12, 8, 8), Shape::map(2, 8, 8), Link::concat, 5)};
  CHECK(least_values(plan) == 14 * 64);
}

TEST_CASE("a pass that no memory holds is refused before it begins, with its batch", "[networks]") {
  const Plan plan = make_plan(load_network("mobilediffusion"));
  CHECK_NOTHROW(require_pass(plan, {}));
  CHECK_THROWS_AS(require_pass(plan, {.batch = 1'000'000}), MemoryError);
  CHECK_THROWS_WITH(require_pass(plan, {.batch = 1'000'000}),
                    Contains("a pass of batch 1000000 needs at least ") && Contains("GB of memory"));
  CHECK_THROWS_AS(require_pass(plan, {.batch = int64_t(1) << 60}), ConfigError);
}
