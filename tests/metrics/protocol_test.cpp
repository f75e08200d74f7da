#include "metrics/protocol.h"

#include <set>

#include "tests/catch.h"

using namespace mds;

TEST_CASE("a protocol's hash changes with every field, and its JSON reads back", "[metrics]") {
  const ScoreProtocol plain;
  const Json json = to_json(plain);
  for (const auto& [key, value] : json.items()) {
    Json changed = json;
    changed[key] = key == "interval" ? Json("residuals") : value.is_string() ? Json("other") : Json(7);
    INFO(key);
    CHECK(hash_of(from_json<ScoreProtocol>(changed, "test")) != hash_of(plain));
  }
  CHECK(from_json<ScoreProtocol>(Json::parse(canonical_json(plain)), "test") == plain);
}

TEST_CASE("seeds of pictures differ between captions and between runs", "[metrics]") {
  std::set<uint64_t> seeds;
  for (uint64_t run = 0; run < 10; ++run)
    for (uint64_t index = 0; index < 1000; ++index) seeds.insert(picture_seed(run, index));
  CHECK(seeds.size() == 10000);
  CHECK(picture_seed(3, 5) == picture_seed(3, 5));
}
