#include "search/strategy.h"

#include <cmath>
#include <limits>
#include <set>

#include "search/enumerate.h"
#include "search/moves.h"
#include "tests/catch.h"

using Catch::Contains;
using namespace mds;

namespace {

Space small_space() {
  return {from_json<SpaceSpec>(Json::parse(R"({"choices": [
      {"name": "conv", "path": "levels.2.conv", "values": ["full", "separable"]},
      {"name": "kernel", "path": "levels.2.kernel", "values": [5, 7, 9], "when": {"levels.2.conv": ["separable"]}},
      {"name": "middle", "path": "levels.1.width", "values": [512, 640, 768]},
      {"name": "inner", "path": "levels.2.width", "values": [768, 896, 1024]},
      {"name": "down", "path": "levels.2.down", "entries": [1, 2], "lengths": [2]}],
      "constraints": [{"differ": ["levels.1.width", "levels.2.width"]}]})"),
                               "s.json"),
          "s.json"};
}

const Objective fd = *trained_objective("fd_emoji_clip");
const Caps wide{.params = 400'000'000, .macs_valid = 300'000'000'000};

double score_of(const Asked& asked) { return double(asked.cost.params % 1009) + 1; }

StrategyConfig settings(StrategyKind kind) {
  return {.kind = kind, .seed = 3, .ahead = 2, .population = 6, .sample = 3, .pool = 16};
}
const auto kinds = {StrategyKind::random, StrategyKind::evolution, StrategyKind::nsga2, StrategyKind::model};

// Asks for n candidates and tells each result at once.
std::vector<Point> searched(Strategy& strategy, int64_t n) {
  std::vector<Point> points;
  while (int64_t(points.size()) < n) {
    const auto batch = strategy.ask(1);
    if (batch.empty()) break;
    points.push_back(batch[0].point);
    strategy.tell({.number = batch[0].number, .curve = {{score_of(batch[0])}}});
  }
  return points;
}

int64_t admitted_in(const Space& space, const Caps& caps) {
  return enumerate(space, caps, {.selection = Selection::grid, .count = 1}, {.threads = 1}).admitted;
}

}  // namespace

TEST_CASE("a strategy asks for every admitted network of a space once, and says when none is left", "[search]") {
  const Space space = small_space();
  const Caps caps{.params = 380'000'000, .macs_valid = 300'000'000'000};
  const int64_t admitted = admitted_in(space, caps), total = admitted_in(space, wide);
  REQUIRE(admitted > 20);
  REQUIRE(admitted < total);
  for (const auto kind : kinds) {
    INFO(name_of(kind));
    Strategy strategy({.space = space, .caps = caps, .objectives = {fd}}, settings(kind));
    const auto points = searched(strategy, 1000);
    std::set<std::string> networks;
    for (const auto& point : points) {
      CHECK(space.is_point(point));
      CHECK(over_caps(cost(make_plan(space.network(point))), caps).empty());
      networks.insert(hash_of(space.network(point)));
    }
    CHECK(int64_t(points.size()) == admitted);
    CHECK(int64_t(networks.size()) == admitted);
    CHECK(strategy.exhausted());
    CHECK(strategy.ask(1).empty());
  }
}

TEST_CASE("a strategy waits for the results that a candidate depends on, and for no other", "[search]") {
  const Space space = small_space();
  for (const auto kind : kinds) {
    Strategy strategy({.space = space, .caps = wide, .objectives = {fd}}, settings(kind));
    CHECK(strategy.ask(10).size() == 3);  // ahead of the first result by two
    CHECK(strategy.ask(10).empty());
    strategy.tell({.number = 1, .curve = {{5}}});
    CHECK(strategy.ask(10).empty());
    strategy.tell({.number = 0, .curve = {{6}}});
    CHECK(strategy.ask(10).size() == 2);
    CHECK_FALSE(strategy.exhausted());
  }
}

TEST_CASE("the same seed asks for the same candidates, in whatever order and batches results come", "[search]") {
  const Space space = small_space();
  for (const auto kind : kinds) {
    INFO(name_of(kind));
    const SearchProblem problem{.space = space, .caps = wide, .objectives = {fd}};
    Strategy steady(problem, settings(kind)), hasty(problem, settings(kind));
    const auto points = searched(steady, 24);
    std::vector<Point> again;
    std::vector<Asked> open;
    Random random(11);
    while (again.size() < 24) {
      for (auto& asked : hasty.ask(random.below(4))) {
        again.push_back(asked.point);
        open.push_back(std::move(asked));
      }
      random.shuffle(open);
      if (open.empty()) continue;
      hasty.tell({.number = open.back().number, .curve = {{score_of(open.back())}}});
      open.pop_back();
    }
    again.resize(24);
    CHECK(again == points);
    StrategyConfig other = settings(kind);
    other.seed = 4;
    Strategy elsewhere(problem, other);
    CHECK(searched(elsewhere, 24) != points);
  }
}

TEST_CASE("a candidate does not depend on results that came later than its own question", "[search]") {
  const Space space = small_space();
  for (const auto kind : kinds) {
    const SearchProblem problem{.space = space, .caps = wide, .objectives = {fd}};
    Strategy one(problem, settings(kind)), two(problem, settings(kind));
    std::vector<Point> points;
    for (int64_t k = 0; k < 20; ++k)
      for (const auto& asked : one.ask(1)) {
        points.push_back(asked.point);
        one.tell({.number = k, .curve = {{score_of(asked)}}});
      }
    for (int64_t k = 0; k < 17; ++k)
      two.tell({.number = two.ask(1)[0].number,
                .curve = {{score_of({.cost = cost(make_plan(space.network(points[size_t(k)])))})}}});
    CHECK(two.ask(1)[0].point == points[17]);
    two.tell({.number = 17, .curve = {{0.001}}});  // would be the best by far
    CHECK(two.ask(1)[0].point == points[18]);
    CHECK(two.ask(1)[0].point == points[19]);
  }
}

TEST_CASE("given networks are the first candidates, and count as asked for", "[search]") {
  const Space space = small_space();
  const UNetSpec base = load_unet("mobilediffusion"), foreign = load_unet("bk-sdm-tiny");
  for (const auto kind : kinds) {
    Strategy strategy({.space = space, .caps = wide, .objectives = {fd}}, settings(kind),
                      {{"base", base}, {"foreign", foreign}});
    const auto batch = strategy.ask(3);
    REQUIRE(batch.size() == 3);
    CHECK(batch[0].network == base);
    CHECK(batch[1].name == "foreign");
    CHECK(batch[1].point.empty());
    for (const auto& asked : batch) strategy.tell({.number = asked.number, .curve = {{score_of(asked)}}});
    for (const auto& point : searched(strategy, 1000)) CHECK_FALSE(hash_of(space.network(point)) == hash_of(base));
  }
  Strategy only({.space = space, .caps = wide, .objectives = {fd}}, {}, {{"base", base}, {"foreign", foreign}});
  CHECK(only.ask(9).size() == 2);
  CHECK(only.exhausted());
}

TEST_CASE("cheap objectives refuse networks in the order of their expense, before dearer ones are evaluated",
          "[search]") {
  const Space space = small_space();
  const Caps caps{.params = 370'000'000, .macs_valid = 300'000'000'000};
  Objective macs = *analytic_objective("macs_valid");
  macs.limit = 170e9;
  int64_t evaluated = 0;
  const Objective latency{.name = "latency",
                          .expense = Expense::predicted_latency,
                          .value =
                              [&](const UNetSpec&, const Cost& cost) {
                                ++evaluated;
                                CHECK(cost.params <= 370'000'000);
                                CHECK(cost.macs_valid <= 170'000'000'000);
                                return double(cost.macs_valid);
                              },
                          .limit = 160e9};
  Strategy strategy({.space = space, .caps = caps, .objectives = {fd, latency, macs}}, settings(StrategyKind::nsga2));
  std::vector<Asked> all;
  for (auto batch = strategy.ask(1); !batch.empty(); batch = strategy.ask(1)) {
    CHECK(batch[0].cost.macs_valid <= 160'000'000'000);
    strategy.tell({.number = batch[0].number, .curve = {{1}}});
    all.push_back(batch[0]);
  }
  CHECK(all.size() > 2);
  CHECK(evaluated > int64_t(all.size()));
}

TEST_CASE("results that cannot be are refused with the candidate and what is allowed", "[search]") {
  const Space space = small_space();
  Strategy strategy({.space = space, .caps = wide, .objectives = {fd}, .rungs = 2}, settings(StrategyKind::model));
  strategy.ask(2);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(strategy.tell({.number = 1, .curve = {{1}, {nan}}}),
                    Contains("candidate 1 has the score") && Contains("at rung 2; allowed: finite numbers"));
  CHECK_THROWS_WITH(strategy.tell({.number = 7}),
                    Contains("candidate 7 has a result, but 2 candidates were asked for"));
  CHECK_THROWS_WITH(strategy.tell({.number = 0, .curve = {{1, 2}}}), Contains("2 scores at rung 1; allowed: 1"));
  CHECK_THROWS_WITH(strategy.tell({.number = 0, .curve = {{1}, {1}, {1}}}), Contains("after 3 rungs; allowed: 2"));
  strategy.tell({.number = 0});
  CHECK_THROWS_WITH(strategy.tell({.number = 0, .curve = {{1}}}), Contains("has a second result"));
}

TEST_CASE("settings that cannot be are refused by name", "[search]") {
  const Space space = small_space();
  const auto made = [&](const StrategyConfig& config, std::vector<Objective> objectives) {
    Strategy({.space = space, .caps = wide, .objectives = std::move(objectives)}, config);
  };
  StrategyConfig lonely = settings(StrategyKind::evolution);
  lonely.population = 1;
  CHECK_THROWS_WITH(made(lonely, {fd}), Contains("strategy: population is 1; allowed: 2 to"));
  CHECK_THROWS_WITH(made({}, {*analytic_objective("params")}), Contains("has no score"));
  CHECK_THROWS_WITH(made({}, {fd, fd}), Contains("names fd_emoji_clip twice"));
  CHECK_THROWS_WITH(Strategy({.space = space, .caps = {.params = 10}, .objectives = {fd}}, {}, {named_unet("sd15")}),
                    Contains("the network sd15, one of the first candidates, has"));
  CHECK_FALSE(analytic_objective("latency"));
  CHECK_FALSE(trained_objective("loss"));
}

TEST_CASE("failed candidates are survived by every strategy", "[search]") {
  const Space space = small_space();
  for (const auto kind : kinds) {
    Strategy strategy({.space = space, .caps = wide, .objectives = {fd}}, settings(kind));
    for (int64_t k = 0; k < 30; ++k) {
      const auto batch = strategy.ask(1);
      REQUIRE(batch.size() == 1);
      Told told{.number = k};
      if (k % 3 == 0) told.curve = {{score_of(batch[0])}};
      strategy.tell(told);
    }
  }
}
