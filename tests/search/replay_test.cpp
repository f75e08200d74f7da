#include "search/replay.h"

#include <algorithm>
#include <cmath>

#include "tests/catch.h"
#include "tests/search/policy_curves.h"

using namespace mds;
using namespace mds::test;

namespace {

// Curves at rungs of 1, 2 and 4 thousand images, of which the first is the best at the end and the last at the start.
Trial crossing() {
  Trial trial{.images = {1000, 2000, 4000}};
  const std::vector<std::vector<double>> levels{{5.9, 4, 2}, {5.5, 4.5, 3}, {5.4, 4.6, 3.5}, {5.3, 4.7, 4}};
  for (size_t c = 0; c < levels.size(); ++c) {
    Curve curve{std::string(1, char('a' + c)), {}};
    for (size_t k = 0; k < 3; ++k)
      curve.evaluations.push_back(evaluation_at(trial.images[k], {levels[c][k], 0.2}, c, {}));
    trial.curves.push_back(curve);
    trial.ends.push_back(levels[c].back());
  }
  return trial;
}

PolicyConfig policy(PolicyRule rule) { return {.rule = rule, .use_clip = false, .eta = 2}; }

}  // namespace

TEST_CASE("without stopping, everything is trained and the best is found", "[search]") {
  const Played played = play(policy(PolicyRule::none), crossing());
  CHECK(played.cost == 1);
  CHECK(played.regret == 0);
  CHECK(played.stopped == 0);
}

TEST_CASE("halving pays for two at the second rung and one at the last, and misses who starts slowly", "[search]") {
  const Played played = play(policy(PolicyRule::halving), crossing());
  CHECK(played.stopped == 3);
  CHECK(played.cost == Approx((2 * 1000 + 2000 + 4000) / 16000.0));
  CHECK(played.regret.value() == Approx(3.5 - 2));
}

TEST_CASE("asha promotes by arrival, so that it trains more than halving", "[search]") {
  Trial trial = crossing();
  const Played forward = play(policy(PolicyRule::asha), trial);
  CHECK(forward.cost >= play(policy(PolicyRule::halving), trial).cost);
  CHECK(forward.stopped >= 1);
}

TEST_CASE("a fixed budget trains all to a rung and the best of them to the end", "[search]") {
  const Played played = play_fixed(policy(PolicyRule::none), crossing(), 0);
  CHECK(played.cost == Approx((4 * 1000 + 3000) / 16000.0));
  CHECK(played.regret.value() == Approx(4 - 2));
  CHECK(play_fixed(policy(PolicyRule::none), crossing(), 2).regret == 0);
}

TEST_CASE("a curve that ends early is cut where the rule would have gone on", "[search]") {
  Trial trial = crossing();
  trial.curves[0].evaluations.resize(1);
  trial.ends[0] = NAN;
  const Played played = play(policy(PolicyRule::none), trial);
  CHECK(played.cut == 1);
  CHECK(played.regret == 0);  // of those whose end is known
  CHECK(played.cost == Approx((1000 + 3 * 4000) / 16000.0));
}

TEST_CASE("a policy that keeps only curves which end early finds nothing", "[search]") {
  Trial trial = crossing();
  const auto at_first = [](const Curve& curve) {
    return badness_of(policy(PolicyRule::halving), curve.evaluations.front());
  };
  const auto worst = size_t(std::ranges::max_element(trial.curves, {}, at_first) - trial.curves.begin());
  for (size_t c = 0; c < trial.curves.size(); ++c) {
    if (c == worst) continue;  // the only whole one, which halving stops
    trial.curves[c].evaluations.resize(1);
    trial.ends[c] = NAN;
  }
  const Played played = play(policy(PolicyRule::halving), trial);
  CHECK_FALSE(played.regret);
  CHECK(played.cut > 0);
  CHECK(play(policy(PolicyRule::none), trial).regret == 0.0);
}

TEST_CASE("every policy is played over simulated sweeps, cheaper than all and no better than the best", "[search]") {
  const auto rule =
      GENERATE(PolicyRule::paper, PolicyRule::level, PolicyRule::median, PolicyRule::halving, PolicyRule::asha);
  const SimulationConfig simulation;
  const PolicyConfig config{.rule = rule, .replicates = 50};
  const BootstrapIndices rows = policy_indices(config, simulation.pictures);
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const Trial trial = simulated_trial(simulation, rows, 9, seed);
    const Played played = play(config, trial);
    CHECK(played.cost > 0);
    CHECK(played.cost <= 1);
    CHECK(played.regret.value() >= 0);
    CHECK(played.stopped < 9);
    CHECK(play(config, simulated_trial(simulation, rows, 9, seed)).cost == played.cost);
  }
}

TEST_CASE("against previous candidates, a rung judged as a whole gives the verdicts of runs judged as they come",
          "[search]") {
  const SimulationConfig simulation{.images = {4000, 12000}};
  const PolicyConfig config{
      .rule = PolicyRule::level, .use_clip = false, .replicates = 50, .against = Rivals::previous};
  REQUIRE(judges_at_once(config));
  const BootstrapIndices rows = policy_indices(config, simulation.pictures);
  int64_t stopped = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Trial trial = simulated_trial(simulation, rows, 12, seed);
    const auto whole = judge(config, trial.curves, 4000);
    std::vector<Curve> known = trial.curves;
    for (auto& curve : known) curve.evaluations.clear();
    for (size_t c = 0; c < known.size(); ++c) {
      known[c] = trial.curves[c];
      CHECK(judge(config, known, 4000, RungState::open).back().verdict == whole[c].verdict);
      stopped += whole[c].verdict == Verdict::stop;
    }
    CHECK(play(config, trial).stopped ==
          std::ranges::count(whole, Verdict::stop, &Decision::verdict));  // the last rung is not judged
  }
  CHECK(stopped > 0);
}

TEST_CASE("a mean over trials lies in its interval", "[search]") {
  const Mean mean = mean_with_interval({1, 2, 3, 4});
  CHECK(mean.value == 2.5);
  CHECK(mean.interval.low < 2.5);
  CHECK(mean.interval.high > 2.5);
  CHECK(mean_with_interval({2, 2}).interval == Interval{2, 2});
}
