#include "search/enumerate.h"

#include <cmath>
#include <set>

#include "search/cost_memo.h"
#include "spec/bootstrap.h"
#include "tests/catch.h"

using namespace mds;

namespace {

SpaceSpec small_space() {
  return from_json<SpaceSpec>(Json::parse(R"({
    "base": "mobilediffusion", "include": ["mobilediffusion", "mobilediffusion-lite"],
    "choices": [
      {"name": "width", "path": "levels.2.width", "values": [640, 896, 1000, 1024, 1280]},
      {"name": "ff", "path": "levels.2.ff_expansion", "values": [4, 6, 8]},
      {"name": "kv", "path": "levels.1.share_self_kv", "values": [true, false]},
      {"name": "up", "path": "levels.2.up", "entries": [2, 3], "lengths": [2, 3]},
      {"name": "attention", "options": [{"levels.1.self_attention": false}, {"levels.1.self_attention": true}]}]})"),
                              "s.json");
}

// Draws the fields of a description anew: all of them, or only the one at `only`. Few values, so that conditions such
// as "equal to the width" are met.
class FieldDraws {
 public:
  explicit FieldDraws(Random& random, int64_t only = -1) : random_(random), only_(only) {}
  int64_t fields() const { return at_; }

  void draw(auto& described) {
    std::remove_cvref_t<decltype(described)>::describe(
        described, [&](std::string_view, auto& field, std::string_view, Range range = {}) { one(field, range); });
  }

 private:
  void one(std::vector<LevelSpec>& levels, const Range&) {
    if (only_ < 0) levels.resize(size_t(1 + random_.below(2)));
    for (auto& level : levels) draw(level);
  }
  void one(auto& field, const Range& range) {
    if (only_ < 0 || at_ == only_) value(field, range);
    ++at_;
  }
  void value(std::vector<int64_t>& list, const Range& range) {
    list.assign(size_t(1 + random_.below(2)), 0);
    for (auto& element : list) value(element, range);
  }
  void value(int64_t& number, const Range& range) {
    std::vector<int64_t> few{-1, 0, 1, 2, 64, 320};
    std::erase_if(few, [&](int64_t each) { return double(each) < range.low || double(each) > range.high; });
    number = few[size_t(random_.below(int64_t(few.size())))];
  }
  void value(auto& choice, const Range&) { choice = std::remove_cvref_t<decltype(choice)>(random_.below(2)); }

  Random& random_;
  int64_t only_, at_ = 0;
};

}  // namespace

TEST_CASE("admitted and every reason of rejection add up to the total", "[search]") {
  Space space(small_space(), "s.json");
  const Caps caps{.params = 390'000'000, .macs_valid = 185'000'000'000};
  const Enumeration found = enumerate(space, caps, {.count = 8});
  CHECK(found.total == 5 * 3 * 2 * 12 * 2);
  CHECK(found.admitted + found.rejected.total() == found.total);
  CHECK(found.rejected.invalid == found.total / 5);  // a width of 1000 does not divide into heads of 64
  CHECK(found.rejected.duplicate > 0);               // sharing K and V has no effect without self-attention
  CHECK(found.rejected.params > 0);
  CHECK(found.rejected.macs > 0);
  CHECK(found.rejected.both > 0);
}

TEST_CASE("the memo counts what the plan counts", "[search]") {
  Space space(small_space(), "s.json");
  CostMemo memo;
  space.for_each([&](const UNetSpec& network, const Point&) {
    if (network.levels[2].width % 64) return;
    if (memo.cost_of(network) == cost(make_plan(network))) return;
    FAIL(to_json(network).dump());
  });
}

TEST_CASE("the chosen are distinct, under the caps, and begin with the included networks", "[search]") {
  Space space(small_space(), "s.json");
  const Caps caps;
  const Enumeration found = enumerate(space, caps, {.count = 12});
  REQUIRE(found.chosen.size() == 12);
  CHECK(found.chosen[0].name == "mobilediffusion");
  CHECK(found.chosen[1].name == "mobilediffusion-lite");
  CHECK(found.chosen[0].choices["width"] == 1024);
  std::set<std::string> hashes;
  for (const auto& candidate : found.chosen) {
    hashes.insert(hash_of(candidate.network));
    CHECK(candidate.cost == cost(make_plan(candidate.network)));
    CHECK(candidate.cost.params <= caps.params);
    CHECK(candidate.cost.macs_valid <= caps.macs_valid);
  }
  CHECK(hashes.size() == 12);
}

TEST_CASE("fingerprints are equal exactly where hashes are", "[search]") {
  const char* middle = R"({"base": "mobilediffusion", "choices": [
      {"name": "no inner stacks", "options": [{"levels.2.down": [0], "levels.2.up": [0, 0]}]},
      {"name": "ff", "path": "levels.2.ff_expansion", "values": [4, 6, 8]},
      {"name": "middle", "path": "mid", "values": [-1, 1]}]})";
  const char* text = R"({"base": "mobilediffusion", "choices": [
      {"name": "no outer text", "path": "levels.1.cross_attention", "values": [false]},
      {"name": "inner text", "path": "levels.2.cross_attention", "values": [true, false]},
      {"name": "inner self", "path": "levels.2.self_attention", "values": [true, false]},
      {"name": "heads", "path": "levels.2.heads", "values": [8, 16]},
      {"name": "tokens", "path": "text_tokens", "values": [32, 77]},
      {"name": "layers", "options": [
        {"levels.2.down": [], "levels.2.up": [2]}, {"levels.2.down": [2], "levels.2.up": [2, 2]}]},
      {"name": "skips", "path": "levels.2.skips", "values": ["all", "added", "last", "none"]}]})";
  const auto parsed = [](const char* json) { return from_json<SpaceSpec>(Json::parse(json), "s.json"); };
  const SpaceSpec spec = GENERATE_COPY(small_space(), parsed(middle), parsed(text));
  Space space(spec, "s.json");
  std::set<std::string> hashes;
  std::set<uint64_t> prints;
  Fingerprints fingerprints;
  space.for_each([&](const UNetSpec& network, const Point&) {
    hashes.insert(hash_of(network));
    prints.insert(fingerprints.of(network));
  });
  CHECK(hashes.size() == prints.size());
}

TEST_CASE("fingerprints agree with hashes on networks that differ in one field, whichever it is", "[search]") {
  Random random(1);
  Fingerprints prints;
  int equal = 0, differing = 0;
  for (int i = 0; i < 60; ++i) {
    UNetSpec network;
    FieldDraws all(random);
    all.draw(network);
    for (int64_t field = 0; field < all.fields(); ++field) {
      UNetSpec other = network;
      FieldDraws(random, field).draw(other);
      const bool same = hash_of(network) == hash_of(other);
      CHECK((prints.of(network) == prints.of(other)) == same);
      ++(same ? equal : differing);
    }
  }
  CHECK(equal > 100);
  CHECK(differing > 100);
}

TEST_CASE("the first invalid point says why, and a space of nothing else is an error", "[search]") {
  SpaceSpec spec = small_space();
  Space space(spec, "s.json");
  CHECK_THAT(enumerate(space, {}, {}).first_invalid,
             Catch::Contains("down3.0.attn: head_width 64 does not divide the width 1000"));
  spec.choices[0].values = {1000, 1001};
  Space invalid(spec, "s.json");
  CHECK_THROWS_WITH(enumerate(invalid, {}, {}),
                    Catch::StartsWith("all 288 points of the space are invalid; the first: down3.0.attn"));
}

TEST_CASE("points whose cost no longer fits 64 bits are invalid", "[search]") {
  Space space(from_json<SpaceSpec>(Json::parse(R"({"base": "mobilediffusion", "choices": [
      {"name": "size", "path": "size", "values": [64, 4096]},
      {"name": "width", "options": [
        {"levels.0.width": 320, "levels.1.width": 640, "levels.2.width": 1024},
        {"levels.0.width": 65536, "levels.1.width": 65536, "levels.2.width": 65536}]}]})"),
                                   "s.json"),
              "s.json");
  CHECK(enumerate(space, {}, {}).rejected.invalid == 1);
}

TEST_CASE("an included network over the caps is an error that names both", "[search]") {
  Space space(small_space(), "s.json");
  CHECK_THROWS_WITH(enumerate(space, {.params = 300'000'000}, {}),
                    Catch::Contains("mobilediffusion has 386687048 parameters"));
}

TEST_CASE("caps are whole numbers within the range of what is counted, by default the paper's", "[search]") {
  CHECK(caps_of(Caps{}.params, Caps{}.gmacs()).params == 400'000'000);
  CHECK(caps_of(Caps{}.params, Caps{}.gmacs()).macs_valid == 200'000'000'000);
  CHECK(caps_of(1, 182.611423232).macs_valid == 182'611'423'232);
  CHECK(caps_of(1, 9e9).macs_valid == 9'000'000'000'000'000'000);
  CHECK_THROWS_WITH(caps_of(1, 1e30), "`max_gmacs` is 1e+30; allowed: 0.001 to 9000000000");
  CHECK_THROWS_WITH(caps_of(1, std::nan("")), "`max_gmacs` is nan; allowed: 0.001 to 9000000000");
  CHECK_THROWS_WITH(caps_of(1, HUGE_VAL), "`max_gmacs` is inf; allowed: 0.001 to 9000000000");
  CHECK_THROWS_WITH(caps_of(0, 200), "`max_params` is 0; allowed: at least 1");
}

TEST_CASE("points that differ in a field without effect are one, whatever the caps", "[search]") {
  const auto found_in = [](const char* choices, const Caps& caps) {
    const Space space(from_json<SpaceSpec>(Json{{"choices", Json::parse(choices)}}, "s.json"), "s.json");
    return enumerate(space, caps, {});
  };
  const char* full = R"([{"name": "conv", "path": "levels.2.conv", "values": ["full", "separable"]},
                         {"name": "kernel", "path": "levels.2.kernel", "values": [5, 3, 7]}])";
  const Caps none{.params = 1000}, all{.params = 1'000'000'000, .macs_valid = 900'000'000'000};
  for (const auto& caps : {none, all}) {
    const Enumeration found = found_in(full, caps);
    CHECK(found.total == 6);
    CHECK(found.rejected.duplicate == 2);
    CHECK(found.notes ==
          std::vector<std::string>{"the choice \"kernel\" has no effect at 2 of the 6 points where it exists; they are "
                                   "counted as duplicate"});
  }
  const Enumeration found = found_in(full, all);
  REQUIRE(found.chosen.size() == 4);
  CHECK(found.chosen[0].choices["kernel"] == 3);
  CHECK(found_in(R"([{"name": "mid", "path": "mid_residuals", "values": [1, 2, 3]}])", none).rejected.duplicate == 2);
  CHECK(found_in(R"([{"name": "kernel", "path": "levels.2.kernel", "values": [3, 5],
                      "when": {"levels.2.conv": ["full"]}}, {"name": "mid", "path": "mid", "values": [-1]}])",
                 all)
            .notes.front() == "the choice \"kernel\" exists at no point; its condition never holds");
}

TEST_CASE("the number of threads does not change an enumeration", "[search]") {
  const Space space(small_space(), "s.json");
  std::vector<int64_t> seen;
  const auto keep = [&](int64_t points, double share) {
    seen.push_back(points);
    CHECK(share <= 1);
  };
  const Enumeration one = enumerate(space, {}, {.count = 12}, {.threads = 1, .progress = keep});
  const Enumeration three = enumerate(space, {}, {.count = 12}, {.threads = 3});
  CHECK(seen.back() == one.total);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(three.admitted == one.admitted);
  REQUIRE(three.chosen.size() == one.chosen.size());
  for (size_t i = 0; i < one.chosen.size(); ++i) {
    CHECK(three.chosen[i].choices == one.chosen[i].choices);
    CHECK(three.chosen[i].name == one.chosen[i].name);
  }
}

TEST_CASE("a plain list of networks is a space", "[search]") {
  const auto found_in = [](const Json& json) {
    const Space space(from_json<SpaceSpec>(json, "s.json"), "s.json");
    return enumerate(space, {}, {});
  };
  const Enumeration listed = found_in({{"include", {"mobilediffusion", "mobilediffusion-lite"}}});
  CHECK(listed.total == 2);
  CHECK(listed.admitted == 2);
  REQUIRE(listed.chosen.size() == 2);
  CHECK(listed.chosen[1].name == "mobilediffusion-lite");
  const Enumeration bases = found_in({{"bases", {"mobilediffusion", "sd15"}}});
  CHECK(bases.rejected.total() == 1);
  REQUIRE(bases.chosen.size() == 1);
  CHECK(bases.chosen[0].name == "mobilediffusion");
  CHECK_THROWS_WITH(found_in({{"include", {"mobilediffusion", "mobilediffusion"}}}),
                    "s.json: include.1 is \"mobilediffusion\" a second time");
  CHECK_THROWS_WITH(found_in(Json::object()),
                    Catch::Contains("choices is empty; a space needs at least one choice, or"));
}

TEST_CASE("a space whose constraints leave nothing is an error", "[search]") {
  const Space space(from_json<SpaceSpec>(Json::parse(R"({"choices": [
      {"name": "w", "path": "levels.2.width", "values": [640]}],
      "constraints": [{"at_most": ["levels.2.width", 320]}]})"),
                                         "s.json"),
                    "s.json");
  CHECK_THROWS_WITH(enumerate(space, {}, {}), "s.json: constraints leave no point of the space");
}
