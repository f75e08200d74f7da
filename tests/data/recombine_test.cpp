// New captions from the halves of others.
#include "data/recombine.h"

#include <algorithm>
#include <set>

#include "tests/catch.h"

using namespace mds;

namespace {

const std::vector<std::string> captions{"man: dark", "man: light", "woman: dark", "teapot", "family: two: three"};
const Allowed all = [](const std::string&) { return true; };

}  // namespace

TEST_CASE("every new caption joins a first and a second part of others, once, and none is an old one", "[data]") {
  const auto found = recombined(captions, all, 1000, 1);
  const std::set<std::string> wanted{"man: two: three", "woman: light",       "woman: two: three", "teapot: dark",
                                     "teapot: light",   "teapot: two: three", "family: dark",      "family: light"};
  CHECK(std::set<std::string>(found.begin(), found.end()) == wanted);
  CHECK(found.size() == wanted.size());
}

TEST_CASE("a refused caption is left out, and the number asked for is kept", "[data]") {
  const auto not_teapot = [](const std::string& caption) { return !caption.starts_with("teapot"); };
  const auto found = recombined(captions, not_teapot, 3, 1);
  CHECK(found.size() == 3);
  CHECK(std::all_of(found.begin(), found.end(), not_teapot));
}

TEST_CASE("a seed decides which captions are new", "[data]") {
  CHECK(recombined(captions, all, 3, 1) == recombined(captions, all, 3, 1));
  CHECK(recombined(captions, all, 3, 1) != recombined(captions, all, 3, 2));
  CHECK(recombined({"a", "b"}, all, 5, 1).empty());
  CHECK(recombined({}, all, 5, 1).empty());
}
