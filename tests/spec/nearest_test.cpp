// Suggestions for misspelt names.
#include "spec/nearest.h"

#include "tests/catch.h"

using namespace mds;

TEST_CASE("the distance counts letters inserted, left out, replaced and swapped", "[spec]") {
  CHECK(edit_distance("sweep", "sweep") == 0);
  CHECK(edit_distance("swep", "sweep") == 1);
  CHECK(edit_distance("sweeep", "sweep") == 1);
  CHECK(edit_distance("swaep", "sweep") == 1);
  CHECK(edit_distance("sweep", "swepe") == 1);
  CHECK(edit_distance("SD15", "sd15") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kernel", "colour") == edit_distance("colour", "kernel"));
}

TEST_CASE("the nearest name is offered, and none where all are far", "[spec]") {
  const std::vector<std::string> names{"mobilediffusion", "mobilediffusion-lite", "sd15", "sdxl"};
  CHECK(nearest("mobilediffusoin", names) == "mobilediffusion");
  CHECK(nearest("mobilediffusion-light", names) == "mobilediffusion-lite");
  CHECK(nearest("mobile", names) == "mobilediffusion");
  CHECK(nearest("sd1.5", names) == "sd15");
  CHECK(nearest("inception", names).empty());
  CHECK(nearest("x", {"a", "b"}).empty());
}

TEST_CASE("a message lists all names where they are few or none is near", "[spec]") {
  CHECK(offer("widht", {"width", "colour"}) == "; did you mean width? valid: width, colour");
  CHECK(offer("color", {"width", "colour"}, "allowed") == "; did you mean colour? allowed: width, colour");
  const std::vector<std::string> many(40, "width");
  CHECK(offer("widht", many) == "; did you mean width?");
  CHECK(offer("kernel", {"width", "colour"}) == "; valid: width, colour");
}
