#include "profiler/compare.h"

#include "tests/catch.h"

using namespace mds;

namespace {

// Two processes of nine blocks around a centre, whose medians differ by up to `share` of it.
NamedSamples around(const std::string& name, int64_t centre, double share, uint64_t seed = 1) {
  Random random(seed);
  ProcessBlocks processes(2, SampleBlocks(9));
  for (auto& process : processes)
    for (auto& block : process) {
      const double apart = share * (double(random.below(2001)) / 1000 - 1);
      block.assign(7, int64_t(double(centre) * (1 + apart)));
    }
  return {.name = name, .processes = processes};
}

}  // namespace

TEST_CASE("a difference beyond the intervals is shown, with the ratio of the medians", "[profiler]") {
  const auto ratios = compared({around("a", 1'000'000, 0.01), around("b", 700'000, 0.01, 2)});
  REQUIRE(ratios.size() == 1);
  CHECK((ratios[0].name == "b" && ratios[0].against == "a"));
  CHECK(ratios[0].ratio == Approx(0.7).epsilon(0.02));
  CHECK(ratios[0].verdict == SpeedVerdict::faster);
  CHECK((ratios[0].interval->low < ratios[0].ratio && ratios[0].ratio < ratios[0].interval->high));
  CHECK(compared({around("b", 700'000, 0.01, 2), around("a", 1'000'000, 0.01)})[0].verdict == SpeedVerdict::slower);
}

TEST_CASE("a rejected timing has no interval and shows no difference", "[profiler]") {
  NamedSamples rejected = around("b", 700'000, 0.01, 2);
  rejected.mark = TimingMark::rejected;
  const auto ratios = compared({around("a", 1'000'000, 0.01), rejected});
  CHECK_FALSE(ratios[0].interval);
  CHECK(ratios[0].verdict == SpeedVerdict::no_difference_shown);
}

TEST_CASE("where intervals overlap, no difference is shown", "[profiler]") {
  CHECK(compared({around("a", 1'000'000, 0.1), around("b", 980'000, 0.1, 2)})[0].verdict ==
        SpeedVerdict::no_difference_shown);
}

TEST_CASE("a difference below a hundredth is none, however precise", "[profiler]") {
  CHECK(compared({around("a", 1'000'000, 0), around("b", 995'000, 0)})[0].verdict == SpeedVerdict::no_difference_shown);
  CHECK(compared({around("a", 1'000'000, 0), around("b", 980'000, 0)})[0].verdict == SpeedVerdict::faster);
}

TEST_CASE("the more pairs are compared, the wider each interval", "[profiler]") {
  const auto a = around("a", 1'000'000, 0.02), d = around("d", 1'600'000, 0.02, 4);
  const auto alone = compared({a, d});
  const auto among = compared({a, d, around("b", 950'000, 0.02, 2), around("c", 1'500'000, 0.02, 3)});
  REQUIRE(among.size() == 6);
  CHECK(among[0].interval->high - among[0].interval->low > alone[0].interval->high - alone[0].interval->low);
}

TEST_CASE("equal samples are told apart in at most one comparison of twenty", "[profiler]") {
  int shown = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed)
    shown += compared({around("a", 1'000'000, 0.1, seed), around("b", 1'000'000, 0.1, seed + 1000)})[0].verdict !=
             SpeedVerdict::no_difference_shown;
  CHECK(shown <= 10);
}

TEST_CASE("too few samples for an interval show nothing, and one timing is no comparison", "[profiler]") {
  const NamedSamples few{.name = "a", .processes = {{{1, 1, 1}}}}, other{.name = "b", .processes = {{{9, 9, 9}}}};
  const auto ratio = compared({few, other})[0];
  CHECK_FALSE(ratio.interval);
  CHECK(ratio.verdict == SpeedVerdict::no_difference_shown);
  CHECK_THROWS_AS(compared({few}), ConfigError);
}
