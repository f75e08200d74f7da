// The rules that promote the best 1/eta: halving and asha.
#include <algorithm>

#include "tests/catch.h"
#include "tests/search/policy_curves.h"

using namespace mds;
using namespace mds::test;

TEST_CASE("halving promotes the best third by mean rank and stops the rest", "[search]") {
  std::vector<Curve> curves;
  for (int c = 0; c < 9; ++c) curves.push_back(curve(std::to_string(c), {start, {4 + 0.1 * c, 0.3 - 0.01 * c}}));
  const auto result = verdicts({.rule = PolicyRule::halving}, curves, 1000);
  for (int c = 0; c < 9; ++c) CHECK(result.at(std::to_string(c)) == (c < 3 ? Verdict::promote : Verdict::stop));
  CHECK(verdicts({.rule = PolicyRule::halving, .eta = 100}, curves, 1000).at("0") == Verdict::promote);
}

TEST_CASE("asha promotes out of those that have come, and lets the others wait", "[search]") {
  const PolicyConfig config{.rule = PolicyRule::asha};
  CHECK(judges_at_once(config));
  std::vector<Curve> curves;
  const auto promoted = [&](RungState rung) {
    std::string names;
    for (const auto& decision : judge(config, curves, 0, rung)) {
      CHECK(decision.verdict != (rung == RungState::open ? Verdict::stop : Verdict::wait));
      CHECK(verdict_of(config, decision.rule, decision.inputs) == decision.verdict);
      if (decision.verdict == Verdict::promote) names += decision.candidate;
    }
    return names;
  };
  const std::string arrivals = "cbdaef";
  std::vector<std::string> by_arrival;
  for (const char name : arrivals) {
    curves.push_back(curve(std::string(1, name), {{double(name - 'a'), 0.3 - 0.01 * (name - 'a')}}));
    by_arrival.push_back(promoted(RungState::open));
  }
  CHECK(by_arrival == std::vector<std::string>{"", "", "b", "a", "a", "ba"});
  CHECK(promoted(RungState::complete) == "ba");
  curves.resize(2);
  CHECK(promoted(RungState::complete) == "b");  // of fewer than eta, one goes on
}

TEST_CASE("by fronts, what no other beats in every score comes first", "[search]") {
  std::vector<Curve> curves{curve("near", {{4.0, 0.04}}), curve("true", {{6.5, 0.30}}), curve("both", {{4.4, 0.28}}),
                            curve("beaten", {{4.5, 0.27}}), curve("worst", {{6.0, 0.05}})};
  const auto first = [&](RankBy rank) {
    std::string names;
    for (const auto& decision : judge({.rule = PolicyRule::halving, .eta = 1.6, .rank = rank}, curves, 0)) {
      CHECK(verdict_of({}, decision.rule, decision.inputs) == decision.verdict);
      if (decision.verdict == Verdict::promote) names += decision.candidate + " ";
    }
    return names;
  };
  CHECK(first(RankBy::front) == "near true both ");
  CHECK(first(RankBy::mean) == "near true both beaten ");  // three of them share a rank
}
