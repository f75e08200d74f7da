#include "spec/kernel_file.h"

#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;

TEST_CASE("the value of a key is that of its first line, without white space and quotes", "[spec]") {
  const std::string text = "model name\t: A CPU, 3 GHz: fast\nPRETTY_NAME=\"An OS 12\"\nmodel name\t: another\n";
  CHECK(value_in(text, "model name", ':') == "A CPU, 3 GHz: fast");
  CHECK(value_in(text, "PRETTY_NAME", '=') == "An OS 12");
  CHECK(value_in(text, "model", ':').empty());
  CHECK(value_in("", "model", ':').empty());
}

TEST_CASE("a file that is not there has an empty text", "[spec]") { CHECK(text_of(scratch("absent")).empty()); }
