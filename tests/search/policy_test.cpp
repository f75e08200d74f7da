#include "search/policy.h"

#include <cmath>
#include <limits>
#include <map>

#include "search/policy_table.h"
#include "tests/catch.h"

using namespace mds;

namespace {

constexpr int64_t pictures = 64;

struct Levels {
  double log_fd = 5;
  double clip = 0.2;
};

double noise(Random& random) { return double(random.below(2001) - 1000) / 1000; }

// A synthetic evaluation: each picture has a difficulty that all candidates share, plus a little noise of its own.
Evaluation evaluation_at(int64_t images, Levels levels, uint64_t seed, const PolicyConfig& config) {
  Random common(99), own(seed + images);
  Measured fd{.distance = std::exp(levels.log_fd)}, clip;
  std::vector<double> difficulty;
  for (int64_t p = 0; p < pictures; ++p) {
    difficulty.push_back(0.1 * noise(common) + 0.01 * noise(own));
    clip.values.push_back(levels.clip + difficulty.back());
  }
  for (const auto& row : policy_indices(config, pictures)) {
    double shift = 0.2;  // replicates of a Frechet distance are above it
    for (const auto p : row) shift -= difficulty[p] / pictures;
    fd.replicates.push_back(std::exp(levels.log_fd + shift));
  }
  return {.images_seen = images, .scores = {{"fd_emoji_clip", fd}, {"clip_emoji", clip}}};
}

Curve curve(const std::string& name, const std::vector<Levels>& levels, const PolicyConfig& config = {}) {
  Curve result{name, {}};
  for (size_t i = 0; i < levels.size(); ++i)
    result.evaluations.push_back(
        evaluation_at(1000 * int64_t(i), levels[i], std::hash<std::string>{}(name) % 1000, config));
  return result;
}

std::map<std::string, Verdict> verdicts(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images) {
  std::map<std::string, Verdict> result;
  for (const auto& decision : judge(config, curves, images)) result[decision.candidate] = decision.verdict;
  return result;
}

const Levels start{6, 0.1};

std::vector<Curve> mixed_cohort() {
  return {curve("best", {start, {4.0, 0.30}}), curve("good", {start, {4.5, 0.26}}),
          curve("middle", {start, {5.0, 0.22}}), curve("worst", {start, {5.9, 0.11}}),
          curve("mixed", {start, {5.8, 0.31}})};
}

}  // namespace

TEST_CASE("clearly worse in both scores is stopped, worse in one goes on", "[search]") {
  const auto result = verdicts({}, mixed_cohort(), 1000);
  CHECK(result.at("worst") == Verdict::stop);
  CHECK(result.at("mixed") == Verdict::go_on);
  CHECK(result.at("best") == Verdict::go_on);
  CHECK(result.at("good") == Verdict::go_on);
  CHECK(result.at("middle") == Verdict::go_on);
}

TEST_CASE("without a reliable text-image score the Frechet distance decides alone", "[search]") {
  const auto result = verdicts({.use_clip = false}, mixed_cohort(), 1000);
  CHECK(result.at("mixed") == Verdict::stop);
  CHECK(result.at("best") == Verdict::go_on);
}

TEST_CASE("the order of candidates does not change a verdict", "[search]") {
  const auto rule = GENERATE(PolicyRule::paper, PolicyRule::halving, PolicyRule::none);
  auto curves = mixed_cohort();
  const auto before = verdicts({.rule = rule}, curves, 1000);
  Random random(5);
  for (int trial = 0; trial < 5; ++trial) {
    random.shuffle(curves);
    CHECK(verdicts({.rule = rule}, curves, 1000) == before);
  }
}

TEST_CASE("identical candidates are never stopped", "[search]") {
  const auto rule = GENERATE(PolicyRule::paper, PolicyRule::halving, PolicyRule::none);
  std::vector<Curve> twins(6, curve("twin", {start, {5, 0.2}}));
  for (const auto& decision : judge({.rule = rule}, twins, 1000)) CHECK(decision.verdict != Verdict::stop);
}

TEST_CASE("random cohorts: no more than half stop, and none that is no worse than all others in both", "[search]") {
  Random random(11);
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<Curve> curves;
    for (int c = 0; c < 7; ++c)
      curves.push_back(curve(std::to_string(c), {{6 + 0.3 * noise(random), 0.1 + 0.02 * noise(random)},
                                                 {5 + noise(random), 0.2 + 0.1 * noise(random)}}));
    curves.push_back(curve("leader", {{5.0, 0.15}, {3.5, 0.35}}));
    const auto result = verdicts({}, curves, 1000);
    CHECK(result.at("leader") == Verdict::go_on);
    CHECK(std::count_if(result.begin(), result.end(), [](auto& entry) { return entry.second == Verdict::stop; }) <= 4);
  }
}

TEST_CASE("a slow candidate that leads both scores is spared unless the rule says otherwise", "[search]") {
  std::vector<Curve> curves{curve("early", {start, {3.5, 0.35}, {3.4, 0.36}})};
  for (const char* name : {"a", "b", "c"}) curves.push_back(curve(name, {start, {5.5, 0.15}, {4.5, 0.25}}));
  CHECK(verdicts({}, curves, 2000).at("early") == Verdict::go_on);
  CHECK(verdicts({.spare_leaders = false}, curves, 2000).at("early") == Verdict::stop);
}

TEST_CASE("a difference within the pictures' noise is undecided and goes on", "[search]") {
  std::vector<Curve> curves;
  for (int c = 0; c < 8; ++c) curves.push_back(curve(std::to_string(c), {start, {5 + 1e-6 * c, 0.2 - 1e-6 * c}}));
  for (const auto& [name, verdict] : verdicts({}, curves, 1000)) CHECK(verdict == Verdict::go_on);
}

TEST_CASE("with one evaluation the value itself is compared", "[search]") {
  std::vector<Curve> curves{curve("low", {{4, 0.3}}), curve("mid", {{5, 0.2}}), curve("high", {{6, 0.1}})};
  const auto result = verdicts({}, curves, 0);
  CHECK(result.at("high") == Verdict::stop);
  CHECK(result.at("mid") == Verdict::go_on);
  CHECK(result.at("low") == Verdict::go_on);
}

TEST_CASE("candidates are compared at equal images seen, whatever they did later", "[search]") {
  auto curves = mixed_cohort();
  const auto before = verdicts({}, curves, 1000);
  curves[0].evaluations.push_back(evaluation_at(2000, {9, 0.0}, 1, {}));
  curves.push_back(curve("behind", {start}));
  const auto result = verdicts({}, curves, 1000);
  CHECK(result == before);
  CHECK(verdicts({}, curves, 2000).size() == 1);
  CHECK(judge({}, curves, 12345).empty());
}

TEST_CASE("a cohort below the least size goes on", "[search]") {
  const auto curves = mixed_cohort();
  for (const auto& [name, verdict] : verdicts({.min_cohort = 6}, curves, 1000)) CHECK(verdict == Verdict::go_on);
}

TEST_CASE("halving promotes the best third by mean rank and stops the rest", "[search]") {
  std::vector<Curve> curves;
  for (int c = 0; c < 9; ++c) curves.push_back(curve(std::to_string(c), {start, {4 + 0.1 * c, 0.3 - 0.01 * c}}));
  const auto result = verdicts({.rule = PolicyRule::halving}, curves, 1000);
  for (int c = 0; c < 9; ++c) CHECK(result.at(std::to_string(c)) == (c < 3 ? Verdict::promote : Verdict::stop));
  CHECK(verdicts({.rule = PolicyRule::halving, .eta = 100}, curves, 1000).at("0") == Verdict::promote);
}

TEST_CASE("the fixed-budget baseline stops nobody", "[search]") {
  for (const auto& [name, verdict] : verdicts({.rule = PolicyRule::none}, mixed_cohort(), 1000))
    CHECK(verdict == Verdict::go_on);
}

TEST_CASE("a decision carries the numbers that led to it", "[search]") {
  const auto decision = judge({}, mixed_cohort(), 1000).at(3);
  CHECK(decision.candidate == "worst");
  CHECK(decision.rule == "paper/1");
  CHECK(decision.inputs["cohort"] == 5);
  CHECK(decision.inputs["log_fd"]["low"] > 0);
  CHECK(decision.inputs["minus_clip"]["low"] > 0);
  CHECK(decision.inputs["log_fd"]["slope"].get<double>() == Approx(-0.1));
  CHECK(Json::parse(decision.inputs.dump()) == decision.inputs);
}

TEST_CASE("stored inputs lead to their verdict again, and other inputs to another", "[search]") {
  const auto rule = GENERATE(PolicyRule::paper, PolicyRule::halving, PolicyRule::none);
  const auto scores = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"clip_emoji"});
  const PolicyConfig config{.rule = rule, .scores = scores};
  for (const auto& decision : judge(config, mixed_cohort(), 1000))
    CHECK(verdict_of(config, decision.rule, Json::parse(decision.inputs.dump())) == decision.verdict);
  for (const auto& decision : judge({.min_cohort = 6}, mixed_cohort(), 1000))
    CHECK(verdict_of({.min_cohort = 6}, decision.rule, decision.inputs) == Verdict::go_on);

  Json worst = judge({}, mixed_cohort(), 1000).at(3).inputs;
  REQUIRE(verdict_of({}, "paper/1", worst) == Verdict::stop);
  worst["minus_clip"]["low"] = -1e-9;
  CHECK(verdict_of({}, "paper/1", worst) == Verdict::go_on);
  worst["minus_clip"].erase("low");
  CHECK_THROWS_WITH(verdict_of({}, "paper/1", worst), Catch::Contains("inputs of a decision by paper/1"));
  CHECK_THROWS_WITH(verdict_of({}, "paper/7", worst), Catch::Contains("\"paper/7\" is not known"));
}

TEST_CASE("curves that were not evaluated alike are an error that says how", "[search]") {
  auto curves = mixed_cohort();
  SECTION("other pictures") {
    curves[1].evaluations[1].scores["clip_emoji"].values.pop_back();
    CHECK_THROWS_WITH(judge({}, curves, 1000),
                      "candidate good at 1000 images: number of values of clip is 63; the cohort has 64");
  }
  SECTION("other replicates") {
    curves[2].evaluations[0].scores["fd_emoji_clip"].replicates.resize(3);
    CHECK_THROWS_WITH(judge({}, curves, 1000),
                      Catch::Contains("number of replicates of log_fd is 3; the cohort has 200"));
  }
  SECTION("other images seen") {
    curves[4].evaluations[0].images_seen = 10;
    CHECK_THROWS_WITH(judge({}, curves, 1000), Catch::Contains("is 10; the cohort has 0"));
  }
  SECTION("out of order") {
    curves[0].evaluations[0].images_seen = 1000;
    CHECK_THROWS_WITH(judge({}, curves, 1000),
                      "candidate best at 1000 images: does not come after the evaluation before it");
  }
  SECTION("a score that is not finite") {
    curves[0].evaluations[1].scores["fd_emoji_clip"].distance = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(judge({}, curves, 1000), "candidate best at 1000 images: log_fd is not finite");
  }
}

TEST_CASE("a rule is the newest of its versions unless one is named", "[search]") {
  CHECK(policy_of({.rule = PolicyRule::halving}).title() == "halving/1");
  CHECK(policy_of({.rule = PolicyRule::paper, .version = 1}).title() == "paper/1");
  CHECK_THROWS_WITH(policy_of({.version = 9}), Catch::Contains("policy.version: is 9; paper has version 1"));
  for (const auto& policy : all_policies())
    CHECK(std::ranges::count(all_policies(), policy.title(), &Policy::title) == 1);
}

TEST_CASE("a policy that was stored without a version is the first of its rule", "[search]") {
  CHECK(from_json<PolicyConfig>(with_version({{"rule", "paper"}}), "stored").version == 1);
  CHECK(with_version({{"rule", "paper"}, {"version", 2}})["version"] == 2);
}

TEST_CASE("a policy's JSON names the rules it knows", "[search]") {
  CHECK(from_json<PolicyConfig>({{"rule", "halving"}}, "s.json").rule == PolicyRule::halving);
  CHECK_THROWS_WITH(from_json<PolicyConfig>({{"rule", "luck"}}, "s.json"),
                    Catch::Contains("valid: paper, halving, none"));
  CHECK_THROWS_AS(from_json<PolicyConfig>({{"eta", 0}}, "s.json"), ConfigError);
}

TEST_CASE("a higher-is-better score decides as the mirrored lower-is-better one", "[search]") {
  const auto rule = GENERATE(PolicyRule::paper, PolicyRule::halving);
  auto curves = mixed_cohort();
  for (auto& each : curves)
    for (auto& evaluation : each.evaluations) {
      auto& mirrored = evaluation.scores["lpips_alex"].values = evaluation.scores["clip_emoji"].values;
      for (auto& value : mirrored) value = -value;
    }
  const auto higher = verdicts({.rule = rule, .scores = {"clip_emoji"}}, curves, 1000);
  CHECK(higher == verdicts({.rule = rule, .scores = {"lpips_alex"}}, curves, 1000));
  CHECK(higher.at("worst") == Verdict::stop);
}

TEST_CASE("a third score saves a candidate that the other two would stop", "[search]") {
  auto curves = mixed_cohort();
  for (auto& each : curves)
    for (auto& evaluation : each.evaluations) {
      const double kid = each.candidate == "worst" && evaluation.images_seen > 0 ? -0.1 : 0.5;
      evaluation.scores["kid_emoji_clip"] = {.distance = kid, .replicates = std::vector<double>(200, kid)};
    }
  const std::vector<std::string> two{"fd_emoji_clip", "clip_emoji"}, three{two[0], two[1], "kid_emoji_clip"};
  CHECK(verdicts({.scores = two}, curves, 1000) == verdicts({}, curves, 1000));
  CHECK(verdicts({.scores = two}, curves, 1000).at("worst") == Verdict::stop);
  const auto decision = judge({.scores = three}, curves, 1000).at(3);
  CHECK(decision.verdict == Verdict::go_on);
  for (const char* key : {"log_fd_emoji_clip", "minus_clip_emoji", "kid_emoji_clip"})
    CHECK(decision.inputs.contains(key));
}

TEST_CASE("a policy names only scores that are known and measured, each once", "[search]") {
  CHECK_THROWS_WITH(judge({.scores = {"beauty"}}, mixed_cohort(), 1000), Catch::Contains("known: fd_..., fid"));
  CHECK_THROWS_WITH(judge({.scores = {"clip_emoji", "clip_emoji"}}, mixed_cohort(), 1000), Catch::Contains("twice"));
  CHECK_THROWS_WITH(judge({.scores = {"psnr"}}, mixed_cohort(), 1000), Catch::Contains("has no psnr"));
  CHECK(!to_json(PolicyConfig{}).contains("scores"));
}
