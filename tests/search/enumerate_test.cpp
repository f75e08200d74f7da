#include "search/enumerate.h"

#include <set>

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
      {"name": "attention", "options": [{"levels.1.self_attention": false}, {"levels.1.self_attention": true}]}]})"), "s.json");
}

}  // namespace

TEST_CASE("admitted and every reason of rejection add up to the total", "[search]") {
  Space space(small_space(), "s.json");
  const Caps caps{.params = 390'000'000, .macs_valid = 185'000'000'000};
  const Enumeration found = enumerate(space, caps, 8);
  CHECK(found.total == 5 * 3 * 2 * 12 * 2);
  CHECK(found.admitted + found.rejected.total() == found.total);
  CHECK(found.rejected.invalid == found.total / 5);    // 1000 has no heads of 64
  CHECK(found.rejected.duplicate > 0);                 // sharing K and V means nothing without self-attention
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
  const Enumeration found = enumerate(space, caps, 12);
  REQUIRE(found.top.size() == 12);
  CHECK(found.top[0].name == "mobilediffusion");
  CHECK(found.top[1].name == "mobilediffusion-lite");
  CHECK(found.top[0].choices["width"] == 1024);
  std::set<std::string> hashes;
  for (const auto& candidate : found.top) {
    hashes.insert(hash_of(candidate.network));
    CHECK(candidate.cost == cost(make_plan(candidate.network)));
    CHECK(candidate.cost.params <= caps.params);
    CHECK(candidate.cost.macs_valid <= caps.macs_valid);
  }
  CHECK(hashes.size() == 12);
}

TEST_CASE("fingerprints are equal exactly where hashes are", "[search]") {
  Space space(small_space(), "s.json");
  std::set<std::string> hashes;
  std::set<uint64_t> prints;
  Fingerprints fingerprints;
  space.for_each([&](const UNetSpec& network, const Point&) {
    hashes.insert(hash_of(network));
    prints.insert(fingerprints.of(network));
  });
  CHECK(hashes.size() == prints.size());
}

TEST_CASE("an included network over the caps is an error that names both", "[search]") {
  Space space(small_space(), "s.json");
  CHECK_THROWS_WITH(enumerate(space, {.params = 300'000'000}, 4), Catch::Contains("mobilediffusion has 386687048 parameters"));
}
