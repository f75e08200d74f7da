#include "spec/json_text.h"

#include <filesystem>

#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("JSON that nests too deep, repeats a key or is broken is refused while it is read", "[spec]") {
  CHECK_NOTHROW(parse_json(nested(64), "t.json"));
  for (const size_t depth : {65, 1000000})
    CHECK_THROWS_WITH(parse_json(nested(depth), "t.json"), "t.json: nests 65 objects and lists; allowed: at most 64");
  CHECK_THROWS_AS(parse_json(R"({"a": )" + nested(64) + "}", "t.json"), ConfigError);
  CHECK_THROWS_WITH(parse_json(R"([{"a": 1, "b": {"a": 2}, "a": 3}])", "t.json"),
                    "t.json: has the key \"a\" twice in one object");
  CHECK(parse_json(R"([{"a": {"a": 1}}, {"a": [{"a": 2}, {"a": 3}]}] // note)", "t.json").size() == 2);
}

TEST_CASE("an error of JSON names file, line and column and not the library", "[spec]") {
  for (const char* text : {"{\n  \"a\": }", "{\n  \"a\": nan}", "{\n", "[1,\n 2", "{\n\"\xff\": 1}"}) {
    INFO(text);
    CHECK_THROWS_WITH(parse_json(text, "t.json"),
                      Contains("t.json: is not JSON: line 2") && !Contains("json.exception"));
  }
}

TEST_CASE("a number that no double holds is named by its place", "[spec]") {
  CHECK_THROWS_WITH(parse_json(R"({"kind": "unet", "size": 1e400})", "t.json"),
                    "t.json: size is 1e400; allowed: -1.79e308 to 1.79e308");
  CHECK_THROWS_WITH(parse_json(R"({"levels": [{}, {"widths": [1, [2], -1e999]}]})", "t.json"),
                    "t.json: levels.1.widths.2 is -1e999; allowed: -1.79e308 to 1.79e308");
}

TEST_CASE("text above the limit is refused before it is read", "[spec]") {
  CHECK_THROWS_WITH(parse_json("[1, 2]", "t.json", 5), "t.json: has 6 bytes of JSON; allowed: at most 5");
  CHECK_THROWS_WITH(load_json("/dev/zero", 1000), "/dev/zero: has more than 1000 bytes of JSON; allowed: at most 1000");
  const auto file = scratch("long.json").string();
  save_text(file, "[1, 2]");
  CHECK_THROWS_WITH(load_json(file, 5), file + ": has 6 bytes of JSON; allowed: at most 5");
  std::filesystem::remove(file);
}

TEST_CASE("text that may be JSON becomes null where it is none within the bounds", "[spec]") {
  CHECK(json_or_null("[1]") == Json{1});
  for (const std::string& text : {std::string("red heart"), nested(65), nested(200000), std::string("\xff")})
    CHECK(json_or_null(text).is_null());
  CHECK(json_or_null("[1, 2]", 5).is_null());
}

TEST_CASE("a document that grew in memory has the bounds of one that is read", "[spec]") {
  Json json = {{"a", Json::array()}};
  CHECK_NOTHROW(check_json_bounds(json, "t.json", 20));
  CHECK_THROWS_WITH(check_json_bounds(json, "t.json", 7), "t.json: has 8 bytes of JSON; allowed: at most 7");
  for (int i = 0; i < 63; ++i) json = Json::array({json});
  CHECK_THROWS_WITH(check_json_bounds(json, "t.json"), "t.json: nests 65 objects and lists; allowed: at most 64");
}

TEST_CASE("an overlay sets one value by its dotted key", "[spec]") {
  Json json = {{"train", {{"lr", 1.0}}}};
  overlay(json, "train.lr=3e-4");
  overlay(json, "name=md");
  CHECK(json == Json{{"train", {{"lr", 3e-4}}}, {"name", "md"}});
  overlay(json, "train.iterations=1e3");
  CHECK(json["train"]["iterations"].dump() == "1000");
  overlay(json, "new.path.there=[1]");
  CHECK(json["new"]["path"]["there"] == Json{1});
  CHECK_THROWS_AS(overlay(json, "novalue"), RequestError);
}

TEST_CASE("an overlay reaches into a list up to its end and not beyond", "[spec]") {
  Json json = {{"data", {1, 2}}};
  overlay(json, "data.1=7");
  overlay(json, "data.2=9");
  CHECK(json == Json{{"data", {1, 7, 9}}});
  for (const char* step : {"900000000", "4", "-1", "x", "-"})
    CHECK_THROWS_WITH(overlay(json, std::string("data.") + step + "=x"),
                      Contains("is no place of a list of 3; allowed: 0 to 3"));
  CHECK_THROWS_WITH(overlay(json, "data.0.x=1"), Contains("no place of that name"));
}
