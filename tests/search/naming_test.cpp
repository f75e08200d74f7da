#include "search/naming.h"

#include <set>

#include "search/enumerate.h"
#include "tests/catch.h"

using namespace mds;

namespace {

std::vector<std::string> names(const char* choices, const std::vector<std::string>& include = {}) {
  Space space(from_json<SpaceSpec>(Json{{"choices", Json::parse(choices)}, {"include", include}}, "s.json"), "s.json");
  std::vector<std::string> list;
  for (const auto& candidate : enumerate(space, {.params = 500'000'000}, {.count = 100}).chosen)
    list.push_back(candidate.name);
  return list;
}

}  // namespace

TEST_CASE("a name is made of the choices that differ, by their initials or their own short names", "[search]") {
  CHECK(names(R"([
    {"name": "inner width", "path": "levels.2.width", "values": [1024], "short": "w"},
    {"name": "kernel", "path": "levels.2.kernel", "values": [5, 7]},
    {"name": "depths", "path": "levels.2.down", "values": [[3, 3], [2]]}])") ==
        std::vector<std::string>{"k5-d3.3", "k5-d2", "k7-d3.3", "k7-d2"});
}

TEST_CASE("words stand alone, flags say yes or no, and options have labels or numbers", "[search]") {
  CHECK(names(R"([
    {"name": "attention", "path": "levels.2.attention", "values": ["softmax", "relu"]},
    {"name": "shared", "path": "levels.2.share_self_kv", "values": [true, false], "short": "kv"}])") ==
        std::vector<std::string>{"mobilediffusion", "softmax-nokv", "relu-kv", "relu-nokv"});
  CHECK(names(R"([{"name": "feed", "options": [{"levels.2.ff_expansion": 4}, {"levels.2.ff_expansion": 6}]}])") ==
        std::vector<std::string>{"fo1", "mobilediffusion"});
  CHECK(names(R"([{"name": "feed", "labels": ["lean", "fat"],
                   "options": [{"levels.2.ff_expansion": 4}, {"levels.2.ff_expansion": 6}]}])") ==
        std::vector<std::string>{"lean", "mobilediffusion"});
}

TEST_CASE("a word that two choices have stands behind the choice's letters", "[search]") {
  CHECK(names(R"([
    {"name": "norm", "path": "levels.2.norm", "values": ["layer", "group"]},
    {"name": "middle time", "path": "levels.1.time", "values": ["add", "scale_shift"]},
    {"name": "inner time", "path": "levels.2.time", "values": ["add"]},
    {"name": "mean time", "path": "levels.0.time", "values": ["add", "scale_shift"]}])")[1] ==
        "layer-mt.add-meti.scale_shift");
}

TEST_CASE("included networks keep their names, and of many choices the most telling are taken", "[search]") {
  const auto list = names(R"([
    {"name": "width", "path": "levels.2.width", "values": [896, 1024]},
    {"name": "kernel", "path": "levels.2.kernel", "values": [3, 5]},
    {"name": "heads", "path": "levels.2.heads", "values": [0, 8]},
    {"name": "attention", "path": "levels.2.attention", "values": ["softmax", "relu"]},
    {"name": "norm", "path": "levels.2.norm", "values": ["layer", "group"]},
    {"name": "kv", "path": "levels.2.share_self_kv", "values": [true, false]}])",
                          {"mobilediffusion"});
  CHECK(list.size() == 64);
  CHECK(list.front() == "mobilediffusion");
  CHECK(std::set<std::string>(list.begin(), list.end()).size() == 64);
  for (const auto& name : list) CHECK(name.size() < 40);
}

TEST_CASE("a name is never given twice, and taken names are never given", "[search]") {
  const SpaceSpec space = from_json<SpaceSpec>(Json::parse(R"({"choices": [
      {"name": "width", "path": "levels.2.width", "values": [896, 1024]}]})"),
                                               "s.json");
  UNetSpec network = load_unet("mobilediffusion");
  std::vector<Candidate> candidates;
  for (const int64_t width : {896, 1024, 1024}) {
    network.levels[2].width = width;
    network.text_tokens += 1;
    candidates.push_back({.network = network, .cost = {}, .choices = {{"width", width}}});
  }
  name_candidates(space, candidates, {"w896"});
  for (const auto& candidate : candidates)
    CHECK(candidate.name == "w" + candidate.choices["width"].dump() + "-" + hash_of(candidate.network).substr(0, 6));
}
