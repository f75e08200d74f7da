// The median stopping rule.
#include "tests/catch.h"
#include "tests/search/policy_curves.h"

using namespace mds;
using namespace mds::test;

TEST_CASE("who was never as good as the others were on average stops, who once was goes on", "[search]") {
  const PolicyConfig config{.rule = PolicyRule::median};
  const std::vector<Levels> usual{{6, 0.10}, {4, 0.20}, {3, 0.25}};  // on average 4.33 and 0.183
  std::vector<Curve> curves{curve("a", usual),
                            curve("b", usual),
                            curve("c", usual),
                            curve("late", {{6, 0.1}, {5, 0.15}, {4.3, 0.19}}),
                            curve("never", {{6, 0.1}, {5, 0.15}, {4.4, 0.18}}),
                            curve("once", {{6, 0.1}, {4.2, 0.10}, {5, 0.05}})};
  const auto result = verdicts(config, curves, 2000);
  CHECK(result.at("never") == Verdict::stop);
  for (const char* name : {"a", "b", "c", "late", "once"}) CHECK(result.at(name) == Verdict::go_on);
}

TEST_CASE("a candidate worse in one score alone is not stopped by the median", "[search]") {
  CHECK(verdicts({.rule = PolicyRule::median}, mixed_cohort(), 1000).at("mixed") == Verdict::go_on);
}
