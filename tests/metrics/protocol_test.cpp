#include "metrics/protocol.h"

#include <cmath>
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

TEST_CASE("a score over seeds is their mean with Student's interval", "[metrics]") {
  const auto of_values = [](const std::vector<double>& values) {
    std::vector<Score> scores;
    for (const double value : values) scores.push_back({.name = "fid", .value = value, .n = 30});
    return over_seeds(scores);
  };
  const Score two = of_values({1, 3});
  CHECK(two.value == 2);
  CHECK(two.n == 30);
  CHECK(two.interval == IntervalKind::seeds);
  // From printed tables: t(0.975) for 1, 2, 3, 4 and 9 degrees of freedom.
  CHECK(two.high - two.value == Approx(12.7062));
  CHECK(of_values({1, 2, 3}).value - of_values({1, 2, 3}).low == Approx(4.3027 / std::sqrt(3)).epsilon(1e-4));
  CHECK(of_values({0, 0, 2, 2}).high - 1 == Approx(3.1824 * std::sqrt(4.0 / 3 / 4)).epsilon(1e-4));
  CHECK(of_values({1, 2, 3, 4, 5}).high - 3 == Approx(2.7764 * std::sqrt(0.5)).epsilon(1e-4));
  CHECK(of_values({0, 2, 0, 2, 0, 2, 0, 2, 0, 2}).high - 1 == Approx(2.2622 / 3).epsilon(1e-4));
  CHECK_THROWS_WITH(of_values({1}), Catch::Contains("seeds: are 1; allowed: at least 2"));
}

TEST_CASE("seeds of pictures differ between captions and between runs", "[metrics]") {
  std::set<uint64_t> seeds;
  for (uint64_t run = 0; run < 10; ++run)
    for (uint64_t index = 0; index < 1000; ++index) seeds.insert(picture_seed(run, index));
  CHECK(seeds.size() == 10000);
  CHECK(picture_seed(3, 5) == picture_seed(3, 5));
}
