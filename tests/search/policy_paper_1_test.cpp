// The rule paper/1, by which stored sweeps were judged.
#include <algorithm>

#include "tests/catch.h"
#include "tests/search/policy_curves.h"

using namespace mds;
using namespace mds::test;

namespace {

const PolicyConfig first{.version = 1, .slope_evaluations = 2};

}  // namespace

TEST_CASE("clearly worse in both scores is stopped, worse in one goes on", "[search]") {
  const auto result = verdicts(first, mixed_cohort(), 1000);
  CHECK(result.at("worst") == Verdict::stop);
  CHECK(result.at("mixed") == Verdict::go_on);
  CHECK(result.at("best") == Verdict::go_on);
  CHECK(result.at("good") == Verdict::go_on);
  CHECK(result.at("middle") == Verdict::go_on);
}

TEST_CASE("without a reliable text-image score the Frechet distance decides alone", "[search]") {
  const auto result = verdicts({.version = 1, .use_clip = false}, mixed_cohort(), 1000);
  CHECK(result.at("mixed") == Verdict::stop);
  CHECK(result.at("best") == Verdict::go_on);
}

TEST_CASE("random cohorts: no more than half stop, and none that is no worse than all others in both", "[search]") {
  Random random(11);
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<Curve> curves;
    for (int c = 0; c < 7; ++c)
      curves.push_back(curve(std::to_string(c), {{6 + 0.3 * noise(random), 0.1 + 0.02 * noise(random)},
                                                 {5 + noise(random), 0.2 + 0.1 * noise(random)}}));
    curves.push_back(curve("leader", {{5.0, 0.15}, {3.5, 0.35}}));
    const auto result = verdicts(first, curves, 1000);
    CHECK(result.at("leader") == Verdict::go_on);
    CHECK(std::count_if(result.begin(), result.end(), [](auto& entry) { return entry.second == Verdict::stop; }) <= 4);
  }
}

TEST_CASE("a slow candidate that leads both scores is spared unless the rule says otherwise", "[search]") {
  std::vector<Curve> curves{curve("early", {start, {3.5, 0.35}, {3.4, 0.36}})};
  for (const char* name : {"a", "b", "c"}) curves.push_back(curve(name, {start, {5.5, 0.15}, {4.5, 0.25}}));
  CHECK(verdicts(first, curves, 2000).at("early") == Verdict::go_on);
  CHECK(verdicts({.version = 1, .slope_evaluations = 2, .spare_leaders = false}, curves, 2000).at("early") ==
        Verdict::stop);
}

TEST_CASE("a difference within the pictures' noise is undecided and goes on", "[search]") {
  std::vector<Curve> curves;
  for (int c = 0; c < 8; ++c) curves.push_back(curve(std::to_string(c), {start, {5 + 1e-6 * c, 0.2 - 1e-6 * c}}));
  for (const auto& [name, verdict] : verdicts(first, curves, 1000)) CHECK(verdict == Verdict::go_on);
}

TEST_CASE("with one evaluation the value itself is compared", "[search]") {
  std::vector<Curve> curves{curve("low", {{4, 0.3}}), curve("mid", {{5, 0.2}}), curve("high", {{6, 0.1}})};
  const auto result = verdicts(first, curves, 0);
  CHECK(result.at("high") == Verdict::stop);
  CHECK(result.at("mid") == Verdict::go_on);
  CHECK(result.at("low") == Verdict::go_on);
}

TEST_CASE("candidates are compared at equal images seen, whatever they did later", "[search]") {
  auto curves = mixed_cohort();
  const auto before = verdicts(first, curves, 1000);
  curves[0].evaluations.push_back(evaluation_at(2000, {9, 0.0}, 1, {}));
  curves.push_back(curve("behind", {start}));
  const auto result = verdicts(first, curves, 1000);
  CHECK(result == before);
  CHECK(verdicts(first, curves, 2000).size() == 1);
  CHECK(judge(first, curves, 12345).empty());
}

TEST_CASE("a cohort below the least size goes on", "[search]") {
  const auto curves = mixed_cohort();
  for (const auto& [name, verdict] : verdicts({.version = 1, .min_cohort = 6}, curves, 1000))
    CHECK(verdict == Verdict::go_on);
}

TEST_CASE("a decision carries the numbers that led to it", "[search]") {
  const auto decision = judge(first, mixed_cohort(), 1000).at(3);
  CHECK(decision.candidate == "worst");
  CHECK(decision.rule == "paper/1");
  CHECK(decision.inputs["cohort"] == 5);
  CHECK(decision.inputs["log_fd"]["low"] > 0);
  CHECK(decision.inputs["minus_clip"]["low"] > 0);
  CHECK(decision.inputs["log_fd"]["slope"].get<double>() == Approx(-0.1));
  CHECK(Json::parse(decision.inputs.dump()) == decision.inputs);
}

TEST_CASE("a third score saves a candidate that the other two would stop", "[search]") {
  auto curves = mixed_cohort();
  for (auto& each : curves)
    for (auto& evaluation : each.evaluations) {
      const double kid = each.candidate == "worst" && evaluation.images_seen > 0 ? -0.1 : 0.5;
      evaluation.scores["kid_emoji_clip"] = {.distance = kid, .replicates = std::vector<double>(200, kid)};
    }
  const std::vector<std::string> two{"fd_emoji_clip", "clip_emoji"}, three{two[0], two[1], "kid_emoji_clip"};
  CHECK(verdicts({.version = 1, .scores = two}, curves, 1000) == verdicts(first, curves, 1000));
  CHECK(verdicts({.version = 1, .scores = two}, curves, 1000).at("worst") == Verdict::stop);
  const auto decision = judge({.version = 1, .scores = three}, curves, 1000).at(3);
  CHECK(decision.verdict == Verdict::go_on);
  for (const char* key : {"log_fd_emoji_clip", "minus_clip_emoji", "kid_emoji_clip"})
    CHECK(decision.inputs.contains(key));
}

TEST_CASE("a stored decision follows from its numbers alone, which other numbers change", "[search]") {
  Json worst = judge(first, mixed_cohort(), 1000).at(3).inputs;
  REQUIRE(verdict_of({}, "paper/1", worst) == Verdict::stop);
  worst["minus_clip"]["low"] = -1e-9;
  CHECK(verdict_of({}, "paper/1", worst) == Verdict::go_on);
  worst["minus_clip"].erase("low");
  CHECK_THROWS_WITH(verdict_of({}, "paper/1", worst), Catch::Contains("inputs of a decision by paper/1"));
}
