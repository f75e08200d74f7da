#include "tests/catch.h"
#include "tests/profiler/fake_clock.h"

using namespace mds;

namespace {

std::vector<Timing> timed_with(const Driver& driver) {
  FakeClock clock;
  auto options = clock.options(TimingMode::screening);
  options.driver = driver;
  return time_callables({clock.callable("down1.0.conv", 45'000'000), clock.callable("whole", 70'000'000)}, options);
}

}  // namespace

TEST_CASE("Google Benchmark as the driver yields the plain driver's samples", "[profiler]") {
  const auto plain = timed_with(drive_plainly), google = timed_with(drive_google_benchmark);
  REQUIRE(plain.size() == google.size());
  for (size_t i = 0; i < plain.size(); ++i) CHECK(plain[i].samples_ns == google[i].samples_ns);
}

TEST_CASE("Google Benchmark's own totals are the sums of the raw samples", "[profiler]") {
  for (const auto& timing : timed_with(drive_google_benchmark)) {
    const auto blocks = timing.sample_blocks();
    for (size_t b = 0; b < blocks.size(); ++b) {
      double seconds = 0;
      for (const auto sample : blocks[b]) seconds += 1e-9 * double(sample);
      CHECK(timing.blocks[b].seconds == Approx(seconds));
    }
  }
}

TEST_CASE("an exception under Google Benchmark reaches the caller and leaves it usable", "[profiler]") {
  FakeClock clock;
  auto options = clock.options(TimingMode::quick);
  options.driver = drive_google_benchmark;
  int calls = 0;
  const Callable failing{"failing", [&] {
                           if (++calls == 4) throw FileError("gone");
                         }};
  CHECK_THROWS_WITH(time_callables({failing, clock.callable("b", 5)}, options), "gone");
  CHECK(time_callables({clock.callable("b", 5)}, options).front().samples_ns == std::vector<int64_t>(9, 5));
}

TEST_CASE("the real clock under Google Benchmark gives positive samples", "[profiler]") {
  volatile double sink = 0;
  const Callable work{"work", [&] {
                        for (int i = 0; i < 1000; ++i) sink = sink + i;
                      }};
  const auto timing = time_callables({work}, {.stopping = stopping_config(TimingMode::quick)}).front();
  CHECK(timing.samples_ns.size() == 9);
  CHECK(*std::min_element(timing.samples_ns.begin(), timing.samples_ns.end()) > 0);
}
