#include "search/moves.h"

#include <functional>
#include <set>

#include "tests/catch.h"

using namespace mds;

namespace {

Space space_of(const char* json) { return {from_json<SpaceSpec>(Json::parse(json), "s.json"), "s.json"}; }

Space shipped_as(const char* name) {
  const std::string file = shipped_file(std::string("configs/spaces/") + name + ".json");
  return {load_space(file), file};
}
Space shipped() { return shipped_as("mobilediffusion"); }
Space wide() { return shipped_as("mobilediffusion-wide"); }

// Two bases, choices that exist only below others, a chain of equal widths and an order between lists.
Space tangled() {
  return space_of(R"({"bases": ["mobilediffusion", "sd15"], "choices": [
      {"name": "outer", "path": "levels.0.width", "values": [256, 320]},
      {"name": "conv", "path": "levels.2.conv", "values": ["full", "separable"]},
      {"name": "kernel", "path": "levels.2.kernel", "values": [5, 7, 9], "when": {"levels.2.conv": ["separable"]}},
      {"name": "middle", "path": "levels.1.width", "values": [512, 640, 768]},
      {"name": "inner", "path": "levels.2.width", "values": [512, 640, 768]},
      {"name": "text", "path": "text_tokens", "values": [32, 77], "when": {"base": ["sd15"]}}],
      "constraints": [{"equal": ["levels.1.width", "levels.2.width"]}]})");
}

std::set<Point> all_points(const Space& space) {
  std::set<Point> points;
  space.for_each([&](const UNetSpec&, const Point& point) { points.insert(point); });
  return points;
}

}  // namespace

TEST_CASE("every move ends at a point of the space, the same for the same seed", "[search]") {
  const std::vector<std::function<Space()>> spaces{tangled, shipped, wide};
  const auto make = GENERATE_COPY(from_range(spaces));
  const Space space = make();
  Random random(7), again(7);
  Point point = random_point(space, random), twin = random_point(space, again);
  for (int i = 0; i < 300; ++i) {
    REQUIRE(space.is_point(point));
    REQUIRE(point == twin);
    const Point other = random_point(space, random), child = crossed(space, point, other, random),
                next = mutated(space, child, random);
    REQUIRE(space.is_point(child));
    REQUIRE_FALSE(canonical(space.network(child)) == canonical(space.network(next)));
    const Point other_twin = random_point(space, again);
    twin = mutated(space, crossed(space, twin, other_twin, again), again);
    point = next;
  }
}

TEST_CASE("mutation reaches every point of a space, and so do random points", "[search]") {
  const Space space = tangled();
  const auto all = all_points(space);
  REQUIRE(all.size() == 2 * 4 * 3 * 1 + 2 * 4 * 3 * 2);
  std::set<Point> mutants, drawn;
  Random random(1);
  Point point = random_point(space, random);
  for (int i = 0; i < 5000; ++i) {
    mutants.insert(point = mutated(space, point, random));
    drawn.insert(random_point(space, random));
  }
  CHECK(mutants == all);
  CHECK(drawn == all);
}

TEST_CASE("mutation changes one choice, and more only where a constraint or a condition asks for it", "[search]") {
  const Space space = tangled();
  Random random(3);
  for (int i = 0; i < 500; ++i) {
    const Point point = random_point(space, random), next = mutated(space, point, random);
    std::set<std::string> changed;
    Json before = space.choices(point), after = space.choices(next);
    for (const auto& [name, value] : after.items())
      if (before.contains(name) && before[name] != value) changed.insert(name);
    const bool widths = changed == std::set<std::string>{"middle", "inner"};
    CHECK((changed.size() == 1 || widths));
  }
}

TEST_CASE("repair keeps a point as it is, drops inactive choices and draws those that became active", "[search]") {
  const Space space = tangled();
  Random random(5);
  for (const auto& point : all_points(space)) CHECK(repaired(space, point, random) == point);
  // base sd15, separable without a kernel, unequal widths, an option that does not exist.
  const Point mended = repaired(space, {1, 0, 1, -1, 2, 2, 99}, random);
  CHECK(space.is_point(mended));
  CHECK(mended[3] >= 0);
  CHECK(Point(mended.begin(), mended.begin() + 3) == Point{1, 0, 1});
  CHECK(space.is_point(repaired(space, {0, 0, 0, 2, 1, 0, 1}, random)));
  CHECK(repaired(space, {0, 0, 0, 2, 1, 1, 1}, random) == Point{0, 0, 0, -1, 1, 1, -1});
}

TEST_CASE("crossing takes every choice from one of the two where no constraint is against it", "[search]") {
  const Space space = shipped();
  Random random(9);
  for (int i = 0; i < 200; ++i) {
    const Point a = random_point(space, random), b = random_point(space, random), child = crossed(space, a, b, random);
    for (size_t at = 0; at < child.size(); ++at)
      if (child[at] >= 0 && (a[at] >= 0 || b[at] >= 0)) CHECK((child[at] == a[at] || child[at] == b[at]));
  }
  const Point point = random_point(space, random);
  CHECK(crossed(space, point, point, random) == point);
}

TEST_CASE("the point of a network is found again, also where choices set one field after another", "[search]") {
  const std::vector<std::function<Space()>> spaces{tangled, shipped, wide};
  const auto make = GENERATE_COPY(from_range(spaces));
  const Space space = make();
  Random random(2);
  for (int i = 0; i < 100; ++i) {
    const Point point = random_point(space, random);
    const auto found = point_of(space, space.network(point));
    REQUIRE(found);
    CHECK(canonical(space.network(*found)) == canonical(space.network(point)));
  }
}

TEST_CASE("the paper's networks have points in the shipped spaces, and others have none", "[search]") {
  for (const char* name : {"mobilediffusion", "mobilediffusion-lite"}) {
    INFO(name);
    CHECK(point_of(shipped(), load_unet(name)));
    CHECK(point_of(wide(), load_unet(name)));
  }
  CHECK_FALSE(point_of(shipped(), load_unet("sd15")));
  CHECK_FALSE(point_of(wide(), load_unet("sdxl")));
}

TEST_CASE("a space with no point, or with one network, says so in place of a move", "[search]") {
  Random random(1);
  const Space none = space_of(R"({"choices": [
      {"name": "w", "path": "levels.1.width", "values": [512, 640]}],
      "constraints": [{"at_most": ["levels.1.width", 64]}]})");
  CHECK_THROWS_WITH(random_point(none, random), Catch::Contains("s.json: no point was found"));
  const Space one = space_of(R"({"choices": [{"name": "w", "path": "levels.1.width", "values": [512]}]})");
  CHECK_THROWS_WITH(mutated(one, random_point(one, random), random), Catch::Contains("needs at least two networks"));
}
