#include "profiler/phase_clock.h"

#include "tests/catch.h"

using Catch::Contains;
using namespace mds;

namespace {

// A clock that stands still until it is turned.
struct Turned {
  double now_s = 100;
  PhaseClock clock{[this] { return now_s; }};
};

}  // namespace

TEST_CASE("phases and the rest sum to the whole", "[profiler]") {
  Turned turned;
  {
    const auto scope = turned.clock.in("build");
    turned.now_s += 2;
  }
  turned.now_s += 3;
  turned.clock.add("data", 1);
  const auto phases = turned.clock.phases();
  REQUIRE(phases.size() == 3);
  CHECK(phases[0].name == "build");
  CHECK(phases[0].seconds == Approx(2));
  CHECK(phases[1].seconds == Approx(1));
  CHECK(phases[2].name == "rest");
  CHECK(phases[2].seconds == Approx(2));
  CHECK(turned.clock.total_s() == Approx(5));
}

TEST_CASE("a phase inside another is counted once", "[profiler]") {
  Turned turned;
  {
    const auto outer = turned.clock.in("train");
    turned.now_s += 1;
    {
      const auto inner = turned.clock.in("store");
      turned.now_s += 4;
    }
    turned.clock.add("data", 2);
    turned.now_s += 3;
  }
  CHECK(turned.clock.seconds("store") == Approx(4));
  CHECK(turned.clock.seconds("data") == Approx(2));
  CHECK(turned.clock.seconds("train") == Approx(2));
  CHECK(turned.clock.phases().back().seconds == Approx(0).margin(1e-12));
}

TEST_CASE("a phase that fails is counted too", "[profiler]") {
  Turned turned;
  try {
    const auto scope = turned.clock.in("score");
    turned.now_s += 1;
    throw 1;
  } catch (int) {
  }
  CHECK(turned.clock.seconds("score") == Approx(1));
  CHECK(turned.clock.seconds("never") == 0);
}

TEST_CASE("each phase is told with its share, and of units with the time of one", "[profiler]") {
  Turned turned;
  turned.now_s += 4;
  turned.clock.add("forward", 1);
  CHECK_THAT(in_words(turned.clock, "the sweep"), Contains("the sweep, 4.0 s:\n") && Contains("25.0 %\n") &&
                                                      Contains("rest") && Contains("75.0 %") && !Contains("ms"));
  CHECK_THAT(in_words(turned.clock, "the training", {"iteration", 10}), Contains("25.0 %    100.00 ms an iteration"));
}
