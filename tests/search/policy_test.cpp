#include "search/policy.h"

#include <algorithm>
#include <limits>

#include "search/policy_table.h"
#include "tests/catch.h"
#include "tests/search/policy_curves.h"

using namespace mds;
using namespace mds::test;

namespace {

const auto every_rule = [] {
  std::vector<PolicyRule> rules;
  for (size_t i = 0; i < EnumNames<PolicyRule>::names.size(); ++i) rules.push_back(PolicyRule(i));
  return rules;
}();

}  // namespace

TEST_CASE("the order of candidates does not change a verdict", "[search]") {
  const auto rule = GENERATE(from_range(every_rule));
  auto curves = mixed_cohort();
  const auto before = verdicts({.rule = rule}, curves, 1000);
  Random random(5);
  for (int trial = 0; trial < 5; ++trial) {
    random.shuffle(curves);
    CHECK(verdicts({.rule = rule}, curves, 1000) == before);
  }
}

TEST_CASE("identical candidates are never stopped", "[search]") {
  const auto rule = GENERATE(from_range(every_rule));
  std::vector<Curve> twins(6, curve("twin", {start, {5, 0.2}}));
  for (const auto& decision : judge({.rule = rule}, twins, 1000)) CHECK(decision.verdict != Verdict::stop);
}

TEST_CASE("the fixed-budget baseline stops nobody", "[search]") {
  for (const auto& [name, verdict] : verdicts({.rule = PolicyRule::none}, mixed_cohort(), 1000))
    CHECK(verdict == Verdict::go_on);
}

TEST_CASE("stored inputs lead to their verdict again, under every version of every rule", "[search]") {
  const auto scores = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"clip_emoji"});
  const int64_t min_cohort = GENERATE(3, 6);
  for (const auto& policy : all_policies()) {
    PolicyConfig config{.version = policy.version, .min_cohort = min_cohort, .scores = scores};
    read_enum(std::string(policy.name), config.rule, {});
    INFO(policy.title());
    for (const auto& decision : judge(config, mixed_cohort(), 1000)) {
      CHECK(decision.rule == policy.title());
      CHECK(verdict_of(config, decision.rule, Json::parse(decision.inputs.dump())) == decision.verdict);
    }
  }
  CHECK_THROWS_WITH(verdict_of({}, "paper/7", {}), Catch::Contains("\"paper/7\" is not known"));
  CHECK_THROWS_WITH(verdict_of({}, "halving/1", {}), Catch::Contains("inputs of a decision by halving/1"));
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
  CHECK_THROWS_WITH(policy_of({.version = 9}), Catch::Contains("policy.version: is 9; paper has version 1, 2, 3"));
  for (const auto& policy : all_policies())
    CHECK(std::ranges::count(all_policies(), policy.title(), &Policy::title) == 1);
}

TEST_CASE("a policy that was stored without a version is the first of its rule", "[search]") {
  CHECK(from_json<PolicyConfig>(with_version({{"rule", "paper"}}), "stored").version == 1);
  CHECK(with_version({{"rule", "paper"}, {"version", 2}})["version"] == 2);
}

TEST_CASE("where a rule would stop everybody that is left, the best goes on, and the decision says so", "[search]") {
  const PolicyConfig config{.rule = PolicyRule::halving, .eta = 5};
  auto decisions = judge(config, mixed_cohort(), 1000);
  std::erase_if(decisions, [](const Decision& decision) { return decision.verdict != Verdict::stop; });
  REQUIRE(decisions.size() == 4);
  keep_best(config, mixed_cohort(), 1000, decisions);
  for (const auto& decision : decisions) {
    CHECK((decision.verdict == Verdict::go_on) == (decision.candidate == "good"));
    CHECK(verdict_of(config, decision.rule, decision.inputs) == decision.verdict);
  }
}

TEST_CASE("a policy's JSON names the rules it knows", "[search]") {
  CHECK(from_json<PolicyConfig>({{"rule", "halving"}}, "s.json").rule == PolicyRule::halving);
  CHECK_THROWS_WITH(from_json<PolicyConfig>({{"rule", "luck"}}, "s.json"),
                    Catch::Contains("valid: paper, halving, none, level, median, asha"));
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

TEST_CASE("a policy names only scores that are known and measured, each once", "[search]") {
  CHECK_THROWS_WITH(judge({.scores = {"beauty"}}, mixed_cohort(), 1000), Catch::Contains("known: fd_..., fid"));
  CHECK_THROWS_WITH(judge({.scores = {"clip_emoji", "clip_emoji"}}, mixed_cohort(), 1000), Catch::Contains("twice"));
  CHECK_THROWS_WITH(judge({.scores = {"psnr"}}, mixed_cohort(), 1000), Catch::Contains("has no psnr"));
  CHECK(!to_json(PolicyConfig{}).contains("scores"));
}
