#include "search/factored_space.h"

#include <set>

#include "networks/network_spec.h"
#include "search/enumerate.h"
#include "search/factored_screen.h"
#include "search/moves.h"
#include "search/offer_front.h"
#include "spec/bootstrap.h"
#include "tests/catch.h"

using namespace mds;

namespace {

SpaceSpec parsed(const char* json) { return from_json<SpaceSpec>(Json::parse(json), "s.json"); }

// Three and four levels, shared choices that cost nothing and some that do, conditions and constraints within a level,
// options without effect, lists that do not fit each other, and widths that no head divides: 1.1 million points.
SpaceSpec mixed() {
  return parsed(R"({"base": "mobilediffusion", "choices": [
    {"name": "levels", "path": "levels", "values": [[0, 1, 2], [0, 1, 2, 2]]},
    {"name": "middle", "options": [{"mid": -1, "mid_residuals": 2}, {"mid": 1, "mid_residuals": 1}]},
    {"name": "activation", "options": [
      {"levels.2.ff_activation": "silu"}, {"levels.2.ff_activation": "gelu"}]},
    {"name": "width 1", "path": "levels.0.width", "values": [256, 320]},
    {"name": "layers 1", "options": [{"levels.0.down": [0], "levels.0.up": [0, 0]},
      {"levels.0.down": [1], "levels.0.up": [1, 1]}, {"levels.0.down": [1, 1], "levels.0.up": [1, 1]}]},
    {"name": "self 1", "path": "levels.0.self_attention", "values": [true, false]},
    {"name": "width 2", "path": "levels.1.width", "values": [512, 640, 700]},
    {"name": "separable 2", "path": "levels.1.conv", "values": ["full", "separable"]},
    {"name": "kernel 2", "path": "levels.1.kernel", "values": [3, 5], "when": {"levels.1.conv": ["separable"]}},
    {"name": "width 3", "path": "levels.2.width", "values": [768, 896, 1024, 1280]},
    {"name": "depth 3", "path": "levels.2.down", "entries": [1, 2, 3], "lengths": [1, 2]},
    {"name": "up 3", "path": "levels.2.up", "entries": [1, 3], "lengths": [2, 3]},
    {"name": "inner width 3", "path": "levels.2.transformer_width", "values": [0, 1280]},
    {"name": "skips 3", "path": "levels.2.skips", "values": ["last", "all"]},
    {"name": "width 4", "path": "levels.3.width", "values": [1024, 1280]},
    {"name": "layers 4", "options": [{"levels.3.down": [0], "levels.3.up": [0]}]}],
    "constraints": [{"differ": ["levels.1.kernel", 7]}, {"at_most": [{"sum": "levels.2.down"}, 5]}]})");
}

// The wide space with at most two options of each choice.
SpaceSpec narrowed() {
  SpaceSpec spec = load_space(shipped_file("configs/spaces/mobilediffusion-wide.json"));
  for (auto& choice : spec.choices) {
    if (choice.values.size() > 2) choice.values.resize(2);
    if (choice.options.size() > 2) choice.options.resize(2);
    choice.labels.clear();
  }
  spec.include.clear();
  return spec;
}

struct Counted {
  int64_t total = 0, admitted = 0;
  Rejections rejected{};
  OfferFront front{};
};

// Each point on its own.
Counted counted_one_by_one(const Space& space, const Caps& caps) {
  Counted counted;
  std::set<uint64_t> seen;
  Fingerprints prints;
  CostMemo memo;
  space.for_each([&](const UNetSpec& network, const Point& point) {
    ++counted.total;
    Cost cost;
    try {
      cost = memo.cost_of(network);
    } catch (const ConfigError&) {
      return void(++counted.rejected.invalid);
    }
    if (!seen.insert(prints.of(network)).second) return void(++counted.rejected.duplicate);
    const bool params = cost.params > caps.params, macs = cost.macs_valid > caps.macs_valid;
    if (params && macs) return void(++counted.rejected.both);
    if (params) return void(++counted.rejected.params);
    if (macs) return void(++counted.rejected.macs);
    ++counted.admitted;
    counted.front.offer({cost, point});
  });
  return counted;
}

}  // namespace

TEST_CASE("a factored space counts what visiting a million points counts, and finds the same front", "[search]") {
  const Space space(mixed(), "s.json");
  const auto factored = FactoredSpace::of(space);
  REQUIRE(factored);
  const Caps caps{.params = 380'000'000, .macs_valid = 160'000'000'000};
  const FactoredScreening screened = screen(*factored, caps, 2);
  const Counted counted = counted_one_by_one(space, caps);
  CHECK(counted.total > 1'000'000);
  CHECK(screened.total == counted.total);
  CHECK(screened.admitted == counted.admitted);
  CHECK(screened.rejected.params == counted.rejected.params);
  CHECK(screened.rejected.macs == counted.rejected.macs);
  CHECK(screened.rejected.both == counted.rejected.both);
  CHECK(screened.rejected.invalid == counted.rejected.invalid);
  CHECK(screened.rejected.duplicate == counted.rejected.duplicate);
  for (const int64_t reason : {screened.admitted, screened.rejected.params, screened.rejected.macs,
                               screened.rejected.both, screened.rejected.invalid, screened.rejected.duplicate})
    CHECK(reason > 0);
  std::vector<Cost> front, visited;
  for (const auto& offer : screened.front) front.push_back(offer.cost);
  for (const auto& [macs, offer] : counted.front.offers()) visited.push_back(offer.cost);
  CHECK(front == visited);
  CHECK(front.size() > 5);
}

TEST_CASE("every number is a point, and every point is found by its network", "[search]") {
  const Space space(mixed(), "s.json");
  const auto factored = FactoredSpace::of(space);
  REQUIRE(factored);
  Random random(1);
  std::set<Point> points;
  for (int i = 0; i < 200; ++i) {
    const int64_t index = random.below(factored->size());
    const Point point = factored->decode(index);
    points.insert(point);
    REQUIRE(space.is_point(point));
    const auto found = point_of(space, space.network(point));
    REQUIRE(found);
    CHECK(canonical(space.network(*found)) == canonical(space.network(point)));
    CHECK((*found == point || factored->is_double(index)));
  }
  CHECK(points.size() > 195);
  CHECK_THROWS_AS(factored->decode(factored->size()), std::out_of_range);
}

TEST_CASE("a space whose shared choices may make equal networks is not factored", "[search]") {
  const Space space(parsed(R"({"base": "mobilediffusion", "choices": [
    {"name": "activation", "options": [
      {"levels.1.ff_activation": "silu", "levels.2.ff_activation": "silu"},
      {"levels.1.ff_activation": "gelu", "levels.2.ff_activation": "gelu"}]},
    {"name": "depth", "options": [{"levels.2.down": [0], "levels.2.up": [0, 0]},
                                  {"levels.2.down": [1], "levels.2.up": [1, 1]}]},
    {"name": "outside", "options": [{"levels.1.down": [0], "levels.1.up": [0, 0]},
                                    {"levels.1.down": [1], "levels.1.up": [1, 1]}]}]})"),
                    "s.json");
  CHECK_FALSE(FactoredSpace::of(space));
}

TEST_CASE("the wide space has the paper's networks among its points", "[search]") {
  const std::string file = shipped_file("configs/spaces/mobilediffusion-wide.json");
  const Space space(load_space(file), file);
  const auto factored = FactoredSpace::of(space);
  REQUIRE(factored);
  CHECK(factored->size() > 1'000'000'000);
  for (const std::string name : {"sd15",
                                 "snapfusion",
                                 "bk-sdm-base",
                                 "bk-sdm-small",
                                 "bk-sdm-tiny",
                                 "mobilediffusion",
                                 "mobilediffusion-lite",
                                 "uvit-unet",
                                 "ladder-1",
                                 "ladder-2",
                                 "ladder-2-uvit",
                                 "ladder-3",
                                 "ladder-4",
                                 "ladder-5",
                                 "ladder-6",
                                 "ladder-7",
                                 "ladder-7-kernel-7",
                                 "ladder-7-kernel-9",
                                 "ladder-8",
                                 "ladder-9"}) {
    INFO(name);
    UNetSpec network = load_unet(name);
    network.latent_channels = 8;
    const auto point = point_of(space, network);
    REQUIRE(point);
    CHECK(space.is_point(*point));
    CHECK(hash_of(space.network(*point)) == hash_of(network));
  }
  CHECK_FALSE(point_of(space, load_unet("sdxl")));
}

TEST_CASE("a space of sixty million points is enumerated like a small one", "[search]") {
  const Space space(narrowed(), "s.json");
  const Caps caps{.params = 300'000'000, .macs_valid = 120'000'000'000};
  const Selection rule = GENERATE(Selection::grid, Selection::random, Selection::spread, Selection::front);
  const Enumeration found = enumerate(space, caps, {rule, 20, 3});
  CHECK(found.total > 60'000'000);
  CHECK(found.sampled);
  CHECK(found.admitted + found.rejected.total() == found.total);
  CHECK(found.left_out == found.admitted - 20);
  std::set<std::string> hashes, names;
  for (const auto& candidate : found.chosen) {
    hashes.insert(hash_of(candidate.network));
    names.insert(candidate.name);
    CHECK(candidate.cost == cost(make_plan(candidate.network)));
    CHECK(over_caps(candidate.cost, caps).empty());
  }
  CHECK(hashes.size() == 20);
  CHECK(names.size() == 20);
  CHECK_THROWS_WITH(enumerate(space, caps, {Selection::all, 20}), Catch::Contains(std::to_string(found.admitted)));
}
