#include "search/selection.h"

#include <set>

#include "search/enumerate.h"
#include "tests/catch.h"

using namespace mds;

namespace {

Enumeration found(const char* choices, const Pick& pick, const Caps& caps = {}) {
  Space space(from_json<SpaceSpec>(Json{{"choices", Json::parse(choices)}}, "s.json"), "s.json");
  return enumerate(space, caps, pick);
}

// 36 networks of many costs, and 32 of one cost.
const char* kernels = R"([
  {"name": "kernel", "path": "levels.2.kernel", "values": [3, 5, 7]},
  {"name": "depth", "path": "levels.2.down", "values": [[1, 1], [2, 2], [3, 3]]},
  {"name": "width", "path": "levels.2.width", "values": [768, 832, 896, 960]}])";
const char* heads = R"([
  {"name": "heads", "path": "levels.2.heads", "values": [4, 8, 16, 32]},
  {"name": "attention", "path": "levels.2.attention", "values": ["softmax", "relu"]},
  {"name": "activation", "path": "levels.2.ff_activation", "values": ["silu", "gelu"]},
  {"name": "norm", "path": "levels.2.norm", "values": ["layer", "group"]}])";

std::vector<Json> choices_of(const Enumeration& enumeration) {
  std::vector<Json> choices;
  for (const auto& candidate : enumeration.chosen) choices.push_back(candidate.choices);
  return choices;
}

const auto every_rule = {Selection::all, Selection::grid, Selection::random, Selection::spread};

}  // namespace

TEST_CASE("all admitted networks are listed, in the order of the space, when there is room", "[search]") {
  for (const auto rule : every_rule) {
    const Enumeration all = found(kernels, {rule, 36});
    CHECK(all.admitted == 36);
    CHECK(all.left_out == 0);
    CHECK(left_out_in_words(all) == "");
    CHECK(choices_of(all) == choices_of(found(kernels, {Selection::all, 100})));
    CHECK(found(heads, {rule, 32}).chosen.size() == 32);
  }
}

TEST_CASE("the front lists the networks than which none has as many parameters for as few MACs", "[search]") {
  const Enumeration all = found(kernels, {Selection::all, 36}), front = found(kernels, {Selection::front, 36});
  std::set<Json> expected, listed;
  for (const auto& one : all.chosen) {
    const auto better = [&](const Candidate& other) {
      return other.cost.params >= one.cost.params && other.cost.macs_valid <= one.cost.macs_valid &&
             !(other.cost == one.cost);
    };
    if (std::none_of(all.chosen.begin(), all.chosen.end(), better)) expected.insert(one.choices);
  }
  for (const auto& one : front.chosen) listed.insert(one.choices);
  CHECK(listed == expected);
  CHECK(front.front == int64_t(expected.size()));
  CHECK(found(kernels, {Selection::front, 2}).chosen.size() == 2);
}

TEST_CASE("a selection lists as many as asked, all different, and says how many it left out", "[search]") {
  for (const auto rule : {Selection::grid, Selection::random, Selection::spread})
    for (const char* choices : {kernels, heads})
      for (const int64_t count : {1, 2, 7, 25, 31}) {
        const Enumeration some = found(choices, {rule, count});
        std::set<Json> distinct;
        for (const auto& choice : choices_of(some)) distinct.insert(choice);
        CHECK(int64_t(distinct.size()) == count);
        CHECK(some.left_out == some.admitted - count);
        CHECK(choices_of(found(choices, {rule, count})) == choices_of(some));
      }
  CHECK(left_out_in_words(found(kernels, {Selection::grid, 6})) ==
        "6 networks listed and 30 admitted ones left out; selection grid: evenly spaced in the order of the space; a "
        "count of 36 lists all");
}

TEST_CASE("the selection all is refused where there is no room", "[search]") {
  CHECK_THROWS_WITH(found(kernels, {Selection::all, 35}),
                    Catch::Contains("\"all\" has 36 networks to list and room for 35; allowed: a larger count"));
}

TEST_CASE("a grid takes even steps", "[search]") {
  const auto all = choices_of(found(kernels, {Selection::all, 36}));
  const auto grid = choices_of(found(kernels, {Selection::grid, 4}));
  CHECK(grid == std::vector<Json>{all[4], all[13], all[22], all[31]});
}

TEST_CASE("a random selection follows its seed and favours none", "[search]") {
  CHECK(choices_of(found(kernels, {Selection::random, 6, 1})) != choices_of(found(kernels, {Selection::random, 6, 2})));
  std::map<Json, int> drawn;
  for (uint64_t seed = 0; seed < 400; ++seed)
    for (const auto& choices : choices_of(found(kernels, {Selection::random, 9, seed}))) ++drawn[choices];
  CHECK(drawn.size() == 36);
  for (const auto& [choices, times] : drawn) CHECK(std::abs(times - 100) < 45);  // 45 is five deviations of 8.7
}

TEST_CASE("a spread separates networks of equal cost by their choices", "[search]") {
  const Enumeration some = found(heads, {Selection::spread, 8});
  std::map<std::string, std::set<Json>> values;
  for (const auto& choices : choices_of(some))
    for (const auto& [name, value] : choices.items()) values[name].insert(value);
  CHECK(values["heads"].size() == 4);
  for (const char* name : {"attention", "activation", "norm"}) CHECK(values[name].size() == 2);
}

TEST_CASE("a spread begins with the networks of most parameters and fewest MACs", "[search]") {
  const Enumeration all = found(kernels, {Selection::all, 36});
  for (const auto& front :
       {found(kernels, {Selection::spread, 1}).chosen[0], found(kernels, {Selection::spread, 3}).chosen[2]})
    for (const auto& other : all.chosen)
      CHECK(!(other.cost.params > front.cost.params && other.cost.macs_valid < front.cost.macs_valid));
}

TEST_CASE("thousands are listed without comparing each with each", "[search]") {
  Selector selector({Selection::spread, 3000}, {});
  for (int16_t i = 0; i < 20000; ++i) selector.offer({{i * 1000, 0, 200'000'000'000 - i}, {int16_t(i % 50), i}});
  std::set<Point> distinct;
  for (const auto& offer : selector.select()) distinct.insert(offer.point);
  CHECK(distinct.size() == 3000);
}

TEST_CASE("rejections are told in words that name the caps", "[search]") {
  const Caps low{.params = 1000, .macs_valid = 2'000'000'000};
  const Enumeration none = found(kernels, {}, low);
  CHECK(none.admitted == 0);
  CHECK(rejected_in_words(none, low) ==
        "36 rejected under the caps of 1000 parameters and 2e9 macs_valid: 36 with too many of both");
}
