#include "spec/layout.h"

#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("a box with its phrase is read from text", "[spec]") {
  CHECK((parse_box("0,0.25,.5,1=red heart") == PlacedPhrase{"red heart", {0, 0.25, 0.5, 1}}));
  CHECK((parse_box("0,0,1,1=a = b") == PlacedPhrase{"a = b", {0, 0, 1, 1}}));
}

TEST_CASE("a box that no picture has is refused with what is allowed", "[spec]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"red heart", "`box` is \"red heart\", which lacks a box or its phrase; expected x0,y0,x1,y1=phrase"},
      {"0,0,1,1", "which lacks a box or its phrase"},
      {"0,nan,1,1=heart", "in which \"nan\" is no number"},
      {"0,,1,1=heart", "in which \"\" is no number"},
      {"=heart", "in which \"\" is no number"},
      {"0,0,1=heart", "`box` \"0,0,1=heart\": box holds 3 numbers"},
      {"0,0,1,1.5=heart", "box goes from 0 to 1.5 down; allowed: a smaller to a larger number, in 0 to 1"},
      {"-0.1,0,1,1=heart", "box goes from -0.1 to 1 across"},
      {"0.5,0,0.5,1=heart", "box goes from 0.5 to 0.5 across"},
      {"0,0.9,1,0.1=heart", "box goes from 0.9 to 0.1 down"},
      {"0,0,1,1=", "phrase is empty"},
  }));
  CHECK_THROWS_WITH(parse_box(text), Contains(why));
  CHECK_THROWS_AS(parse_box(text), RequestError);
}

TEST_CASE("a file holds one layout, or one a line", "[spec]") {
  const std::string one = scratch("layout_test.json").string(), lines = scratch("layout_test.jsonl").string();
  const std::string dog = R"([{"phrase": "dog", "box": [0.5, 0, 1, 1]}])";
  save_text(one, dog);
  CHECK((load_layouts(one) == std::vector<PictureLayout>{{{"dog", {0.5, 0, 1, 1}}}}));
  save_text(lines, "[]\n\n{\"text\": \"a dog\", \"layout\": " + dog + "}\n");
  const auto layouts = load_layouts(lines);
  REQUIRE(layouts.size() == 2);
  CHECK((layouts[0].empty() && layouts[1].size() == 1));

  save_text(lines, "[]\n[{\"phrase\": \"dog\", \"box\": [0, 0, 1, 2]}]\n");
  CHECK_THROWS_WITH(load_layouts(lines), Contains("layout_test.jsonl:2: 0.box goes from 0 to 2 down"));
  save_text(one, R"({"layout": [{"phrase": "heart", "box": []}]})");
  CHECK_THROWS_WITH(load_layouts(one), Contains("layout.0.box holds 0 numbers"));
  save_text(one, R"({"phrase": "heart"})");
  CHECK_THROWS_WITH(load_layouts(one), Contains("expected a list of phrases with boxes, or an object with \"layout\""));
  save_text(lines, "\n");
  CHECK_THROWS_WITH(load_layouts(lines), Contains("holds no layout; expected one a line"));
}
