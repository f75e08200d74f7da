// Inputs that once failed stay accepted or refused, and mutations of every format are.
#include "tests/fuzz/fuzz.h"

#include <filesystem>
#include <set>

#include "tests/catch.h"

using namespace mds::fuzz;

TEST_CASE("the seeds of every format are read", "[fuzz]") {
  for (const auto& target : targets())
    for (const auto& seed : target.seeds) {
      INFO(target.name << ", " << seed.size() << " bytes: " << seed.substr(0, 100));
      CHECK_NOTHROW(target.read(seed));
    }
}

TEST_CASE("inputs that once failed are read, or refused in words", "[fuzz]") {
  for (const auto& target : targets()) {
    const std::filesystem::path cases = MDS_SOURCE_DIR "/tests/fuzz/cases/" + target.name;
    if (!std::filesystem::exists(cases)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(cases)) {
      INFO(entry.path());
      CHECK(problem(target, bytes_of(entry.path())) == "");
    }
  }
}

TEST_CASE("2,000 mutations of every format are read, or refused in words", "[fuzz][slow]") {
  for (const auto& target : targets())
    for (const auto& failure : run(target, 2, 2000).failures) FAIL_CHECK(target.name << ": " << failure.what);
}

TEST_CASE("of a failing input the smallest part that fails is found", "[fuzz]") {
  const Target target{.name = "toy", .read = [](const std::string& input) {
                        if (input.find("xy") != std::string::npos) throw std::runtime_error("found");
                      }};
  CHECK(problem(target, "abc") == "");
  CHECK(problem(target, "axyb") == "found");
  CHECK(minimised(target, std::string(300, 'a') + "xy" + std::string(200, 'b')) == "xy");
}
