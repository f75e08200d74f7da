#include "spec/placed_phrase.h"

#include <limits>

#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("a phrase with a box inside the picture is taken", "[spec]") {
  const Json json = {{"phrase", "red heart"}, {"box", {0, 0.25, 0.5, 1}}};
  const auto placed = from_json<PlacedPhrase>(json, "layout");
  CHECK(placed == PlacedPhrase{"red heart", {0, 0.25, 0.5, 1}});
  CHECK_NOTHROW(check(placed, {"layout", ""}));
  CHECK(to_json(placed) == json);
}

TEST_CASE("a box that is empty, turned over, no box or outside the picture is an error that says where", "[spec]") {
  const auto fails = [](const std::vector<double>& box, const std::string& text) {
    CHECK_THROWS_WITH(check({"heart", box}, {"layout", "0"}), Contains("layout: 0.box") && Contains(text));
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  fails({0.5, 0, 0.5, 1}, "goes from 0.5 to 0.5 across; allowed: a smaller to a larger number, in 0 to 1");
  fails({0, 0.75, 1, 0.5}, "goes from 0.75 to 0.5 down");
  fails({-0.25, 0, 1, 1}, "goes from -0.25 to 1 across");
  fails({0, 0, 1, 1.5}, "goes from 0 to 1.5 down");
  fails({nan, 0, 1, 1}, "across");
  fails({0, 0, 1}, "holds 3 numbers; expected left, top, right, bottom");
  CHECK_THROWS_WITH(check({"", {0, 0, 1, 1}}, {"layout", "0"}), Contains("layout: 0.phrase is empty"));
}
