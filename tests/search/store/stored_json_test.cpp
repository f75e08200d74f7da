#include "search/store/stored_json.h"

#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

const StoredPlace column{"protocol", "ab12", "protocol_json"};

}  // namespace

TEST_CASE("a damaged JSON column is named by table, row and column", "[store]") {
  const Database database(":memory:");
  const std::string place = "table protocol, row ab12, column protocol_json";
  for (const std::string& text : {std::string(), std::string("{"), std::string("[1]"), std::string("{\"n\": 1e999}"),
                                  std::string(200'000, '['), std::string("\xff")}) {
    INFO(text.substr(0, 20));
    CHECK_THROWS_WITH(stored_object(database, column, text), Contains(place) && !Contains("json.exception"));
  }
  CHECK(stored_object(database, column, "{\"n\": 3}") == Json{{"n", 3}});
}

TEST_CASE("a value of a JSON column has its type or is absent", "[store]") {
  const Database database(":memory:");
  const Json json = {{"n", 3}, {"sampler", "ddim"}, {"huge", 18446744073709551615ull}};
  const Place place = place_of(database, column);
  CHECK(stored_value(json, "n", int64_t(1), place) == 3);
  CHECK(stored_value(json, "absent", int64_t(1), place) == 1);
  CHECK_THROWS_WITH(stored_value(json, "sampler", int64_t(1), place),
                    Contains("column protocol_json: sampler is \"ddim\"; expected a whole number"));
  CHECK_THROWS_WITH(stored_value(json, "huge", int64_t(1), place), Contains("huge is 18446744073709551615; allowed"));
  CHECK_THROWS_WITH(stored_value(json, "n", std::string(), place), Contains("n is 3; expected text"));
}
