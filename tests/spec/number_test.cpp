// Numbers as people type them.
#include "spec/number.h"

#include "tests/catch.h"

using namespace mds;

TEST_CASE("a whole number is read in every form that people type, and exactly", "[spec]") {
  CHECK(parse_whole("400") == 400);
  CHECK(parse_whole("1e3") == 1000);
  CHECK(parse_whole("400e6") == 400000000);
  CHECK(parse_whole("400M") == 400000000);
  CHECK(parse_whole("2.5k") == 2500);
  CHECK(parse_whole("200G") == 200000000000);
  CHECK(parse_whole("+7") == 7);
  CHECK(parse_whole("-2e2") == -200);
  CHECK(parse_whole("1200e-2") == 12);
  CHECK(parse_whole("0.0e18") == 0);
  CHECK(parse_whole("9223372036854775807") == 9223372036854775807);
  CHECK(parse_whole("9007199254740993") == 9007199254740993);  // no double has this value
}

TEST_CASE("a text that is not a whole number, or is too large for one, gives none", "[spec]") {
  for (const char* text : {"", "nan", "inf", "1.5", "1e-1", "9223372036854775808", "1e19", "1e99999", "4x", "4 M", "M",
                           "1e", "--4", "0x10", ".", "1e3e3", "4MM"}) {
    INFO(text);
    CHECK(!parse_whole(text));
  }
}

TEST_CASE("any finite number is read with the same letters", "[spec]") {
  CHECK(parse_number("0.25") == 0.25);
  CHECK(parse_number("-1e-3") == -1e-3);
  CHECK(parse_number("1.5M") == 1.5e6);
  CHECK(parse_number(".5") == 0.5);
  for (const char* text : {"nan", "inf", "-inf", "1e999", "", "fast"}) {
    INFO(text);
    CHECK(!parse_number(text));
  }
}
