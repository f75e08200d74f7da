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

// The shipped space with every third option of its longest lists, so that all points can be hashed.
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

TEST_CASE("a path to a place that no network of the space has is refused", "[search]") {
  const auto build = [](const char* choices) { Space(space_of(choices), "s.json"); };
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels", "values": [[{"width": 64}]]}])"),
                    Catch::Contains("choices.0.levels.0 is an object; expected a whole number"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "levels.2.down.2", "values": [2]}])"),
                    "s.json: choices.0.levels.2.down has no element \"2\"; allowed: 0 to 1");
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "mid", "values": [1], "when": {"mid.0": [2]}}])"),
                    Catch::Contains("mid is no list and has no element \"0\""));
  CHECK_THROWS_WITH(build(R"([{"name": "w", "path": "levels.2.width", "values": [64]},
                              {"name": "a", "path": "levels", "values": [2, 3]}])"),
                    Catch::Contains("sets which levels there are after \"w\" sets a field of one; put it first"));
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
                    Catch::Contains("has more than one of values, range, entries with lengths, and options"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "values": [1], "options": [{"mid": 1}]}])"),
                    Catch::Contains("has more than one of"));
  CHECK_THROWS_WITH(
      build(R"([{"name": "a", "path": "mid", "values": [1], "when": {"levels.2.down": {"lenght": [1]}}}])"),
      Catch::Contains("when.levels.2.down.lenght is not a known key; did you mean length? valid: length"));
  CHECK_THROWS_WITH(build(R"([{"name": "a", "path": "mid", "values": [1], "when": {"levels.2.conv": []}}])"),
                    Catch::Contains("expected a list of values"));
}

TEST_CASE("a range, one element of a list and the number of levels are choices", "[search]") {
  const auto spec = space_of(R"([
    {"name": "levels", "path": "levels", "values": [2, 3, [0, 2]]},
    {"name": "width", "path": "levels.2.width", "range": {"from": 896, "to": 1024, "step": 64}},
    {"name": "first", "path": "levels.1.down.0", "values": [1, 2]}])");
  const Space space(spec, "s.json");
  std::vector<std::vector<int64_t>> seen;
  space.for_each([&](const UNetSpec& network, const Point& point) {
    CHECK(space.is_point(point));
    CHECK(space.network(point) == network);
    seen.push_back({int64_t(network.levels.size()), network.levels.back().width, network.levels[1].down[0]});
  });
  CHECK(seen == std::vector<std::vector<int64_t>>{{2, 640, 1},
                                                  {2, 640, 2},
                                                  {3, 896, 1},
                                                  {3, 896, 2},
                                                  {3, 960, 1},
                                                  {3, 960, 2},
                                                  {3, 1024, 1},
                                                  {3, 1024, 2},
                                                  {2, 1024, 1},
                                                  {2, 1024, 2}});
}

TEST_CASE("ranges that are empty or never meet their end say so", "[search]") {
  const auto build = [](const std::string& range) {
    Space(space_of((R"([{"name": "a", "path": "levels.2.width", "range": )" + range + "}]").c_str()), "s.json");
  };
  CHECK_THROWS_WITH(build(R"({"from": 1024, "to": 768, "step": 64})"),
                    "s.json: choices.0.range is empty: from 1024 is more than to 768; allowed: from <= to");
  CHECK_THROWS_WITH(build(R"({"from": 768, "to": 1152, "step": 100})"),
                    "s.json: choices.0.range goes from 768 in steps of 100 and never meets to, 1152; allowed: to 1068, "
                    "or a step that divides 384");
  CHECK_THROWS_WITH(build(R"({"from": 1, "to": 99999})"), Catch::Contains("has 99999 values; allowed: 1 to 32767"));
  CHECK_THROWS_WITH(build(R"({"from": 1, "to": 2, "step": 0})"),
                    Catch::Contains("range.step is 0; allowed: at least 1"));
}

TEST_CASE("constraints leave out combinations, which are no points", "[search]") {
  const auto count = [](const char* constraints) {
    SpaceSpec spec = space_of(R"([
      {"name": "middle", "path": "levels.1.width", "values": [320, 640]},
      {"name": "inner", "path": "levels.2.width", "values": [640, 1024, 1280]},
      {"name": "down", "path": "levels.2.down", "entries": [1, 2], "lengths": [1, 2]}])");
    spec = from_json<SpaceSpec>(
        [&] {
          Json json = to_json(spec);
          json["constraints"] = Json::parse(constraints);
          return json;
        }(),
        "s.json");
    int64_t points = 0;
    const Space space(spec, "s.json");
    space.for_each([&](const UNetSpec&, const Point& point) { points += space.is_point(point); });
    return points;
  };
  CHECK(count("[]") == 36);
  CHECK(count(R"([{"equal": ["levels.1.width", "levels.2.width"]}])") == 6);
  CHECK(count(R"([{"differ": ["levels.1.width", "levels.2.width"]}])") == 30);
  CHECK(count(R"([{"at_most": ["levels.2.width", 1024]}, {"at_most": [{"sum": "levels.2.down"}, 2]}])") == 12);
  CHECK(count(R"([{"at_most": [2, {"length": "levels.2.down"}]}])") == 24);
  CHECK(count(R"([{"multiple_of": ["levels.2.width", "levels.1.width"]}])") == 24);
  CHECK_THROWS_WITH(count(R"([{"equal": ["levels.1.conv", "levels.2.width"]}])"),
                    "s.json: constraints.0.equal.0 is \"levels.1.conv\", which is not a number");
  CHECK_THROWS_WITH(count(R"([{"equal": ["levels.1.down", 1]}])"), Catch::Contains("a list; give {\"length\": path}"));
  CHECK_THROWS_WITH(count(R"([{"equal": [1, 2]}])"), Catch::Contains("compares two numbers"));
  CHECK_THROWS_WITH(count(R"([{"equal": [1]}])"), Catch::Contains("constraints.0.equal has 1 terms; allowed: 2"));
  CHECK_THROWS_WITH(count("[{}]"), Catch::Contains("has 0 relations; allowed: one of equal, differ, at_most"));
}

TEST_CASE("several bases are a choice, and each has the choices whose fields it has", "[search]") {
  const Space space(from_json<SpaceSpec>(Json::parse(R"({"bases": ["mobilediffusion", "sd15"], "choices": [
      {"name": "outer", "path": "levels.0.width", "values": [256, 320]},
      {"name": "innermost", "path": "levels.3.width", "values": [640, 1280]},
      {"name": "text", "path": "text_tokens", "values": [32, 77], "when": {"base": ["sd15"]}}]})"),
                                         "s.json"),
                    "s.json");
  std::vector<Json> seen;
  space.for_each([&](const UNetSpec&, const Point& point) { seen.push_back(space.choices(point)); });
  CHECK(seen.size() == 2 + 2 * 2 * 2);
  CHECK(seen.front() == Json{{"base", "mobilediffusion"}, {"outer", 256}});
  CHECK(seen.back() == Json{{"base", "sd15"}, {"outer", 320}, {"innermost", 1280}, {"text", 77}});
  CHECK_THROWS_WITH(Space(from_json<SpaceSpec>({{"bases", {"sd15", "sd15"}}}, "s.json"), "s.json"),
                    "s.json: bases.1 is \"sd15\" a second time");
}

TEST_CASE("the parts that begin alike make up the space in its order", "[search]") {
  const Space space(thinned(), "s.json");
  std::vector<Point> whole, parts;
  space.for_each([&](const UNetSpec&, const Point& point) { whole.push_back(point); });
  const auto beginnings = space.beginnings(50);
  CHECK(beginnings.size() >= 50);
  for (const auto& beginning : beginnings)
    space.for_each([&](const UNetSpec&, const Point& point) { parts.push_back(point); }, beginning);
  CHECK(parts == whole);
}
