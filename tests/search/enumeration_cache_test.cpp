#include "search/enumeration_cache.h"

#include <filesystem>
#include <fstream>

#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;

namespace {

// So many points that the result is kept, most of which are cheap to screen.
Space large_space() {
  return Space(from_json<SpaceSpec>(Json::parse(R"({"include": ["mobilediffusion"], "choices": [
      {"name": "tokens", "path": "text_tokens", "range": {"from": 1, "to": 400}},
      {"name": "width", "path": "levels.2.width", "range": {"from": 1, "to": 256}}]})"),
                                    "s.json"),
               "s.json");
}

struct Kept {
  std::string folder = scratch("enumerations").string();
  std::vector<std::string> warnings{};

  CachedEnumeration get(const Space& space, const Pick& pick = {.count = 5}) {
    return enumerate_cached(space, {}, pick, {.warn = [&](const std::string& w) { warnings.push_back(w); }}, folder);
  }
};

}  // namespace

TEST_CASE("a long enumeration is kept, and read as it was made", "[search]") {
  Kept kept;
  const Space space = large_space();
  const auto made = kept.get(space), read = kept.get(space);
  CHECK(made.file.empty());
  CHECK(read.file == enumeration_file(space, {}, {.count = 5}, kept.folder));
  CHECK(read.found.total == made.found.total);
  CHECK(read.found.admitted == made.found.admitted);
  CHECK(read.found.left_out == made.found.left_out);
  CHECK(read.found.first_invalid == made.found.first_invalid);
  CHECK(rejected_in_words(read.found, {}) == rejected_in_words(made.found, {}));
  CHECK(left_out_in_words(read.found) == left_out_in_words(made.found));
  REQUIRE(read.found.chosen.size() == made.found.chosen.size());
  for (size_t i = 0; i < made.found.chosen.size(); ++i) {
    CHECK(read.found.chosen[i].name == made.found.chosen[i].name);
    CHECK(read.found.chosen[i].network == made.found.chosen[i].network);
    CHECK(read.found.chosen[i].cost == made.found.chosen[i].cost);
    CHECK(read.found.chosen[i].choices == made.found.chosen[i].choices);
  }
  CHECK(kept.warnings.empty());

  std::ofstream(read.file) << R"({"total": 5)";
  CHECK(kept.get(space).file.empty());
  REQUIRE(kept.warnings.size() == 1);
  CHECK_THAT(kept.warnings[0], Catch::Contains("is not JSON") && Catch::Contains("is made anew"));
  CHECK(kept.get(space).file == read.file);
}

TEST_CASE("everything that determines an enumeration determines its file", "[search]") {
  const Space space = large_space();
  SpaceSpec other = space.spec();
  other.choices[0].range->to = 401;
  const std::string file = enumeration_file(space, {}, {});
  CHECK(enumeration_file(Space(other, "t.json"), {}, {}) != file);
  CHECK(enumeration_file(space, {.params = 1}, {}) != file);
  CHECK(enumeration_file(space, {}, {.count = 21}) != file);
  CHECK(enumeration_file(space, {}, {Selection::random, 20, 1}) != file);
  CHECK(enumeration_file(Space(space.spec(), "another place.json"), {}, {}) == file);
}

TEST_CASE("few points are screened anew and leave no file", "[search]") {
  Kept kept;
  const Space space(from_json<SpaceSpec>(Json::parse(R"({"choices": [
      {"name": "w", "path": "levels.2.width", "values": [640, 1024]}]})"),
                                         "s.json"),
                    "s.json");
  kept.get(space);
  CHECK(!std::filesystem::exists(enumeration_file(space, {}, {.count = 5}, kept.folder)));
}
