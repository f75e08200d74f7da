#include "spec/license.h"

#include "tests/catch.h"

using namespace mds;

TEST_CASE("licences are listed once each, in the order of their first mention", "[spec]") {
  CHECK(joined_licenses({"MIT", "OFL-1.1", "MIT"}) == "MIT; OFL-1.1");
  CHECK(joined_licenses({"MIT; CC0", "OFL-1.1; MIT"}) == "MIT; CC0; OFL-1.1");
}

TEST_CASE("a licence that nobody states is the user's to know", "[spec]") {
  CHECK(joined_licenses({""}) == "unknown: yours");
  CHECK(joined_licenses({"MIT", ""}) == "MIT; unknown: yours");
  CHECK(joined_licenses({"", unknown_license}) == "unknown: yours");
}

TEST_CASE("of many licences the first are named and the others counted", "[spec]") {
  std::vector<std::string> many;
  for (char letter = 'a'; letter <= 'k'; ++letter) many.emplace_back(1, letter);
  CHECK(joined_licenses(many) == "a; b; c; d; e; f; g; h; 3 others");
}
