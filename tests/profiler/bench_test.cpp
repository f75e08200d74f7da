#include "profiler/bench.h"

#include <map>
#include <set>

#include "tests/catch.h"
#include "tests/profiler/fake_clock.h"

using namespace mds;

TEST_CASE("a fake clock's durations come back as the raw samples", "[profiler]") {
  FakeClock clock;
  const auto timings =
      time_callables({clock.callable("a", 100), clock.callable("b", 7)}, clock.options(TimingMode::quick));
  REQUIRE(timings.size() == 2);
  CHECK(timings[0].name == "a");
  CHECK(timings[0].samples_ns == std::vector<int64_t>(9, 100));
  CHECK(timings[1].samples_ns == std::vector<int64_t>(9, 7));
  CHECK(timings[0].warmup_count == 1);
  CHECK(timings[0].warmup_ns == 100);
  CHECK(timings[0].mark == TimingMark::unchecked);
}

TEST_CASE("callables take turns in blocks, in an order that the seed decides", "[profiler]") {
  const auto order = [](uint64_t seed) {
    FakeClock clock;
    std::vector<std::string> calls;
    std::vector<Callable> callables;
    for (const char* name : {"a", "b", "c"}) callables.push_back({name, [&calls, name] { calls.push_back(name); }});
    auto options = clock.options(TimingMode::quick);
    options.seed = seed;
    time_callables(callables, options);
    return calls;
  };
  const auto calls = order(1);
  REQUIRE(calls.size() == 3 + 27);
  for (size_t round = 3; round < calls.size(); round += 3)
    CHECK(std::set<std::string>(calls.begin() + round, calls.begin() + round + 3).size() == 3);
  CHECK(calls == order(1));
  CHECK(calls != order(2));
}

TEST_CASE("samples come in at least nine blocks that the timing remembers", "[profiler]") {
  FakeClock clock;
  const auto timing = time_callables({clock.callable("a", 50'000'000)}, clock.options(TimingMode::screening)).front();
  CHECK(timing.blocks.size() >= 9);
  CHECK(timing.mark == TimingMark::steady);
  size_t samples = 0;
  for (const auto& block : timing.sample_blocks()) samples += block.size();
  CHECK(samples == timing.samples_ns.size());
  CHECK(samples >= 64);
  CHECK(timing.warmup_ns >= 1'000'000'000);
}

TEST_CASE("an unstable callable is capped while its neighbours finish", "[profiler]") {
  FakeClock clock;
  int64_t calls = 0;
  const Callable jumpy{"jumpy", [&] { clock.now += (++calls % 2 ? 100 : 300) * 1'000'000; }};
  const auto timings =
      time_callables({jumpy, clock.callable("calm", 50'000'000)}, clock.options(TimingMode::screening));
  CHECK(timings[0].mark == TimingMark::rejected);
  CHECK(timings[1].mark == TimingMark::steady);
}

TEST_CASE("the stopwatch waits for the device before it starts and before it is read", "[profiler]") {
  std::vector<std::string> events;
  const auto stopwatch = host_stopwatch([&] { events.push_back("wait"); },
                                        [&] {
                                          events.push_back("clock");
                                          return int64_t{0};
                                        });
  stopwatch([&] { events.push_back("run"); });
  CHECK(events == std::vector<std::string>{"wait", "clock", "run", "wait", "clock"});
}

TEST_CASE("two callables of one name are an error", "[profiler]") {
  CHECK_THROWS_WITH(time_callables({{"a", [] {}}, {"a", [] {}}}), Catch::Contains("callable \"a\": is named twice"));
}

TEST_CASE("an exception of a callable reaches the caller", "[profiler]") {
  FakeClock clock;
  int calls = 0;
  const Callable failing{"failing", [&] {
                           if (++calls == 4) throw FileError("gone");
                         }};
  CHECK_THROWS_WITH(time_callables({failing}, clock.options(TimingMode::quick)), "gone");
}

TEST_CASE("each callable reports once when it is finished", "[profiler]") {
  FakeClock clock;
  std::map<std::string, int> finished;
  auto options = clock.options(TimingMode::quick);
  options.on_finished = [&](const Timing& timing) { ++finished[timing.name]; };
  time_callables({clock.callable("a", 3), clock.callable("b", 4)}, options);
  CHECK(finished == std::map<std::string, int>{{"a", 1}, {"b", 1}});
}
