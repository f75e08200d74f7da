// JSON with the three words that Python writes for numbers which JSON does not have.
#include "pipeline/python_json.h"

#include "tests/catch.h"

using namespace mds;

TEST_CASE("numbers that JSON does not have become texts, and texts stay as they are", "[pipeline]") {
  CHECK(with_quoted_infinities(R"({"a": -Infinity, "b": [Infinity, NaN], "c": 1e-3})") ==
        R"({"a": "-Infinity", "b": ["Infinity", "NaN"], "c": 1e-3})");
  const std::string texts = R"({"NaN": "-Infinity", "x \" Infinity": "\\", "y": "NaN\""})";
  CHECK(with_quoted_infinities(texts) == texts);
  CHECK(with_quoted_infinities("\"open Infinity\\") == "\"open Infinity\\");
}

TEST_CASE("the JSON of a file that is not there is null", "[pipeline]") { CHECK(json_if_there("none.json").is_null()); }
