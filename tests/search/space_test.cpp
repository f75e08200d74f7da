#include "search/space.h"

#include <set>

#include "tests/catch.h"

using namespace mds;

namespace {

SpaceSpec space_of(const char* choices) {
  return from_json<SpaceSpec>(Json{{"base", "mobilediffusion"}, {"choices", Json::parse(choices)}}, "s.json");
}

std::set<std::string> hashes(const SpaceSpec& spec, int64_t& points) {
  Space space(spec, "s.json");
  std::set<std::string> found;
  points = 0;
  space.for_each([&](const UNetSpec& network, const Point& point) {
    ++points;
    found.insert(hash_of(network));
    (void)point;
  });
  return found;
}

// The shipped space with every third option of its longest lists, small enough to hash whole.
SpaceSpec thinned() {
  SpaceSpec spec = load_space(shipped_file("configs/spaces/mobilediffusion.json"));
  for (auto& choice : spec.choices) {
    if (choice.values.size() > 2 && choice.path != "levels.2.skips") choice.values.resize(2);
    if (choice.options.size() > 2) choice.options.resize(2);
    if (choice.entries.size() > 1) choice.entries = {choice.entries.front()};
  }
  return spec;
}

}  // namespace

TEST_CASE("every point of a thinned shipped space is a network of its own", "[search]") {
  int64_t points = 0;
  const auto found = hashes(thinned(), points);
  CHECK(points > 10000);
  CHECK(int64_t(found.size()) == points);
}

TEST_CASE("a choice exists only where its condition holds, and leaves nothing behind", "[search]") {
  const auto spec = space_of(R"([
    {"name": "conv", "path": "levels.2.conv", "values": ["separable", "full"]},
    {"name": "kernel", "path": "levels.2.kernel", "values": [5, 7], "when": {"levels.2.conv": ["separable"]}}])");
  Space space(spec, "s.json");
  std::vector<std::pair<ConvKind, int64_t>> seen;
  space.for_each([&](const UNetSpec& network, const Point&) {
    seen.emplace_back(network.levels[2].conv, network.levels[2].kernel);
  });
  CHECK(seen == std::vector<std::pair<ConvKind, int64_t>>{
                    {ConvKind::separable, 5}, {ConvKind::separable, 7}, {ConvKind::full, 3}});
}

TEST_CASE("lists are built from entries and lengths, and a length can be a condition", "[search]") {
  const auto spec = space_of(R"([
    {"name": "up", "path": "levels.2.up", "entries": [2, 3], "lengths": [1, 2]},
    {"name": "skips", "path": "levels.2.skips", "values": ["last", "none"],
     "when": {"levels.2.up": {"length": [2]}}}])");
  int64_t points = 0;
  CHECK(hashes(spec, points).size() == 10);
  CHECK(points == 2 + 4 * 2);
}

TEST_CASE("a point can be turned back into its network and its named values", "[search]") {
  Space space(thinned(), "s.json");
  std::vector<std::pair<std::string, Point>> kept;
  int64_t i = 0;
  space.for_each([&](const UNetSpec& network, const Point& point) {
    if (i++ % 997 == 0) kept.emplace_back(hash_of(network), point);
  });
  for (const auto& [hash, point] : kept) CHECK(hash_of(space.network(point)) == hash);
  CHECK(space.choices(kept.back().second).contains("inner width"));
}

TEST_CASE("a space that names a missing field or a bad value says where", "[search]") {
  const auto build = [](const char* choices) { Space(space_of(choices), "s.json"); };
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels.2.widht", "values": [1]}])"),
                    Catch::Contains("s.json: choices.0.levels.2.widht is not a known key; did you mean width?"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels.7.width", "values": [1]}])"),
                    Catch::Contains("has no element \"7\"; allowed: 0 to 2"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels.2.width", "values": ["wide"]}])"),
                    Catch::Contains("expected a whole number"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels.2.conv", "values": ["round"]}])"),
                    Catch::Contains("valid: full, separable"));
  CHECK_THROWS_WITH(build(R"([{"name": "a"}])"), Catch::Contains("names no field"));
  CHECK_THROWS_WITH(build(R"([])"), Catch::Contains("choices is empty"));
  CHECK_THROWS_WITH(
      build(R"([{"name": "a", "path": "levels.2.width", "values": [64], "when": {"levels.2.konv": ["full"]}}])"),
      Catch::Contains("levels.2.konv is not a known key"));
}

TEST_CASE("values in a space keep to the ranges of their fields", "[search]") {
  const auto build = [](const std::string& path, const std::string& values) {
    Space(space_of((R"([{"name": "a", "path": ")" + path + R"(", "values": )" + values + "}]").c_str()), "s.json");
  };
  CHECK_THROWS_WITH(build("levels.2.width", "[64, 3000000000]"),
                    "s.json: choices.0.levels.2.width is 3000000000; allowed: 1 to 65536");
  CHECK_THROWS_WITH(build("levels.2.expansion", "[-400000]"), Catch::Contains("is -400000; allowed: 1 to 16"));
  CHECK_THROWS_WITH(build("levels.2.down", "[[2], [-3, 3]]"),
                    "s.json: choices.0.levels.2.down.0 is -3; allowed: 0 to 64");
  CHECK_THROWS_WITH(build("mid", "[-2]"), Catch::Contains("allowed: -1 to 64"));
  CHECK_THROWS_WITH(build("levels.2", R"([{"width": -1}])"), Catch::Contains("levels.2.width is -1"));
}

TEST_CASE("a path that other choices could lose is refused", "[search]") {
  const auto build = [](const char* choices) { Space(space_of(choices), "s.json"); };
  CHECK_THROWS_WITH(
      build(R"([{"name": "a", "path": "levels", "values": [[{"width": 64}]]}])"),
      "s.json: choices.0.levels is a list of objects and cannot be replaced; name a field of one of them");
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels.2.down.1", "values": [2]}])"),
                    "s.json: choices.0.levels.2.down is a list of single values, set as a whole");
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "mid", "values": [1], "when": {"levels.2.down.0": [2]}}])"),
                    Catch::Contains("is a list of single values"));
}

TEST_CASE("lists of any length are set and put back", "[search]") {
  std::vector<int64_t> longest(40, 1);
  longest.push_back(2);
  SpaceSpec spec = space_of(R"([{"name": "down", "path": "levels.2.down", "values": [[2]]},
                                {"name": "width", "path": "levels.2.width", "values": [64, 128]}])");
  spec.choices[0].values.push_back(longest);
  Space space(spec, "s.json");
  std::vector<size_t> lengths;
  std::vector<Point> points;
  space.for_each([&](const UNetSpec& network, const Point& point) {
    lengths.push_back(network.levels[2].down.size());
    points.push_back(point);
  });
  CHECK(lengths == std::vector<size_t>{1, 1, 41, 41});
  for (size_t i = 0; i < points.size(); ++i) CHECK(space.network(points[i]).levels[2].down.size() == lengths[i]);
}

TEST_CASE("a choice has at most 32767 options, counted before they are made", "[search]") {
  const auto build = [](const char* choices) { Space(space_of(choices), "s.json"); };
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels.2.up", "entries": [0, 1, 2, 3], "lengths": [2, 16]}])"),
                    "s.json: choices.0 makes its 4 entries into too many lists; allowed: 1 to 32767");
  SpaceSpec spec = space_of(R"([{"name": "a", "path": "levels.2.width", "values": []}])");
  spec.choices[0].values.assign(32768, 64);
  CHECK_THROWS_WITH(Space(spec, "s.json"), "s.json: choices.0 has 32768 values; allowed: 1 to 32767");
}

TEST_CASE("a choice that contradicts itself or another is refused", "[search]") {
  const auto build = [](const char* choices) { Space(space_of(choices), "s.json"); };
  const char* twice = R"([{"name": "a", "path": "mid", "values": [1]}, {"name": "a", "path": "size", "values": [64]}])";
  CHECK_THROWS_WITH(build(twice), "s.json: choices.1.name is \"a\" a second time");
  CHECK_THROWS_WITH(build(R"([{"path": "mid", "values": [1]}])"), Catch::Contains("choices.0.name is empty"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels.2.up", "values": [[2]], "entries": [1], "lengths": [2]}])"),
                    Catch::Contains("has more than one of values, entries with lengths, and options"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "values": [1], "options": [{"mid": 1}]}])"),
                    Catch::Contains("has more than one of"));
  CHECK_THROWS_WITH(
      build(R"([{"name": "a", "path": "mid", "values": [1], "when": {"levels.2.down": {"lenght": [1]}}}])"),
      Catch::Contains("when.levels.2.down.lenght is not a known key; did you mean length? valid: length"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "mid", "values": [1], "when": {"levels.2.conv": []}}])"),
                    Catch::Contains("expected a list of values"));
  SpaceSpec spec = space_of(R"([{"name": "a", "path": "mid", "values": [1]}])");
  spec.include = {"mobilediffusion", "mobilediffusion"};
  CHECK_THROWS_WITH(Space(spec, "s.json"), "s.json: include.1 is \"mobilediffusion\" a second time");
}
