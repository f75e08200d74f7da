#include "experiments/timing/trace.h"

#include "networks/network.h"
#include "networks/network_spec.h"
#include "networks/traffic.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("a trace has one event for each step of a pass, in order and one after the other", "[app]") {
  const Plan plan = make_plan(canonical(load_network(MDS_SOURCE_DIR "/tests/data/tiny-unet.json")));
  const Kernels kernels = GENERATE(Kernels::library, Kernels::prepared);
  if (kernels == Kernels::prepared && !can_prepare()) return;
  const auto spans = trace_pass(plan, {.kernels = kernels, .batch = 2});
  REQUIRE(spans.size() == plan.steps.size());
  int64_t end_ns = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    CHECK(spans[i].step == i);
    CHECK(spans[i].start_ns == end_ns);
    CHECK(spans[i].end_ns > spans[i].start_ns);
    end_ns = spans[i].end_ns;
  }
}

TEST_CASE("an event says where in the network it is, its work and its speed, in Chrome's units", "[app]") {
  const Plan plan = make_plan(canonical(load_network("mobilediffusion")));
  size_t stack = 0;
  while (plan.steps[stack].path != "down3.0.attn") ++stack;
  const Json trace = Json::parse(chrome_trace(plan, {{.step = stack, .start_ns = 5'000, .end_ns = 2'005'000}},
                                              {.kernels = Kernels::prepared, .batch = 2}));
  REQUIRE(trace["traceEvents"].size() == 1);
  const Json event = trace["traceEvents"][0], args = event["args"];
  CHECK((event["name"] == "down3.0.attn" && event["cat"] == "transformer" && event["ph"] == "X"));
  CHECK((event["ts"] == 5.0 && event["dur"] == 2000.0));  // microseconds
  CHECK((args["site"] == "1024x16x16" && args["fields"] == "depth 3"));
  const double gflop = 2e-9 * 2 * double(cost(plan.steps[stack]).macs_valid);
  CHECK(args["GFLOPs"].get<double>() == Approx(gflop));
  CHECK(args["MB"].get<double>() == Approx(1e-6 * double(bytes_moved(traffic(plan.steps[stack]), "fp32", 2))));
  CHECK(args["GFLOPs_per_s"].get<double>() == Approx(gflop / 2e-3));
  CHECK((trace["otherData"]["batch"] == 2 && trace["otherData"]["kernels"] == "prepared"));
}
