#include "spec/text_lines.h"

#include <filesystem>

#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/scratch.h"

namespace {

std::vector<std::string> lines_of(const std::string& text, mds::TextBounds bounds = {100, 1000}) {
  const auto file = mds::scratch("lines.txt").string();
  mds::save_text(file, text);
  std::vector<std::string> all;
  mds::TextLines lines(file, bounds);
  for (std::string line; lines.next(line);) all.push_back(line);
  std::filesystem::remove(file);
  return all;
}

}  // namespace

TEST_CASE("lines come without their ends and without the mark that some editors write", "[spec]") {
  CHECK(lines_of("\xef\xbb\xbfone\r\n\ntwo") == std::vector<std::string>{"one", "", "two"});
  CHECK(lines_of("").empty());
}

TEST_CASE("a line or a file above its bound is refused by its number", "[spec]") {
  CHECK(lines_of(std::string(100, 'x') + "\n").size() == 1);
  CHECK_THROWS_WITH(lines_of("a\n" + std::string(101, 'x')), Catch::Contains(":2: is longer than 100 bytes"));
  CHECK_THROWS_WITH(lines_of("aaaa\nbbbb\ncccc\n", {100, 10}), Catch::Contains("is longer than 10 bytes"));
}

TEST_CASE("a device, a folder and a file that is not there are no text", "[spec]") {
  CHECK_THROWS_WITH(mds::TextLines("/dev/zero", {10, 10}), Catch::Contains("/dev/zero: is not a regular file"));
  CHECK_THROWS_WITH(mds::TextLines("/tmp", {10, 10}), Catch::Contains("is not a regular file"));
  CHECK_THROWS_WITH(mds::TextLines("/nowhere/a", {10, 10}), Catch::Contains("No such file"));
}
