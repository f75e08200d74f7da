#include "profiler/environment.h"

#include "profiler/memory.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("the environment names the build, the device and the conditions", "[profiler]") {
  const auto environment = capture_environment();
  CHECK_FALSE(environment.build.compiler.empty());
  CHECK_FALSE(environment.build.torch_version.empty());
  CHECK(environment.device.cores >= 1);
  CHECK(environment.conditions.threads >= 1);
  CHECK_FALSE(environment.conditions.affinity.empty());
}

TEST_CASE("conditions that make timings less repeatable are warned of", "[profiler]") {
  CHECK(timing_warnings({}).empty());
  Conditions conditions;
  conditions.threads = 8;
  conditions.governor = "powersave";
  conditions.turbo = true;
  conditions.usable_processors = 2;
  const auto warnings = timing_warnings(conditions);
  REQUIRE(warnings.size() == 3);
  CHECK_THAT(warnings[0], Catch::Contains("governor is powersave"));
  CHECK_THAT(warnings[1], Catch::Contains("turbo is on"));
  CHECK_THAT(warnings[2], Catch::Contains("8 threads share 2 processors"));
  conditions = {};
  conditions.governor = "performance";
  conditions.turbo = false;
  CHECK(timing_warnings(conditions).empty());
}

TEST_CASE("an environment survives its JSON", "[profiler]") {
  const auto json = to_json(capture_environment());
  CHECK(to_json(from_json<Environment>(json, "environment")) == json);
}

TEST_CASE("the peak of memory covers what was touched", "[profiler]") {
  REQUIRE(peak_resident_bytes());
  REQUIRE(resident_bytes());
  reset_peak_resident();
  const auto before = *resident_bytes();
  {
    std::vector<char> touched(64 << 20, 1);
    CHECK(touched[12345] == 1);
  }
  CHECK(*peak_resident_bytes() >= before + (60 << 20));
}

TEST_CASE("a reset lowers the peak to the present", "[profiler]") {
  {
    std::vector<char> touched(64 << 20, 1);
  }
  if (!reset_peak_resident()) {
    WARN("this kernel refuses to reset the peak");
    return;
  }
  CHECK(*peak_resident_bytes() <= *resident_bytes() + (16 << 20));
}
