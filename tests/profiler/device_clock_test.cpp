#include "profiler/device_clock.h"

#include "tests/catch.h"
#include "tests/profiler/fake_device.h"

using namespace mds;
using mds::test::FakeDevice;

TEST_CASE("a GPU's work is timed between two of its own events on its stream, and not by the host", "[profiler]") {
  FakeDevice& device = FakeDevice::the();
  device.told.clear();
  const Stopwatch watch = device_stopwatch(FakeDevice::name);
  const auto work = [&] {
    device.told.push_back("work");
    device.now_ms += 1.25;
  };
  CHECK(watch(work) == 1'250'000);
  CHECK(device.told == std::vector<std::string>{"event on 7", "work", "event on 7", "wait for event"});
  CHECK(device.events == 0);
}

TEST_CASE("what a GPU's work throws passes through, and leaves no event", "[profiler]") {
  const Stopwatch watch = device_stopwatch(FakeDevice::name);
  FakeDevice::the();
  CHECK_THROWS_AS(watch([] { throw std::runtime_error("no kernel"); }), std::runtime_error);
  CHECK(FakeDevice::the().events == 0);
}

TEST_CASE("callables on a GPU are sampled by its events", "[profiler]") {
  FakeDevice& device = FakeDevice::the();
  const std::vector<Callable> callables{{"a", [&] { device.now_ms += 2; }}, {"b", [&] { device.now_ms += 5; }}};
  const auto timings = time_callables(
      callables, {.stopping = stopping_config(TimingMode::quick), .stopwatch = device_stopwatch(FakeDevice::name)});
  CHECK(timings[0].samples_ns == std::vector<int64_t>(9, 2'000'000));
  CHECK(timings[1].samples_ns == std::vector<int64_t>(9, 5'000'000));
}

TEST_CASE("the CPU is timed by the host's clock, and waits for nothing", "[profiler]") {
  FakeDevice& device = FakeDevice::the();
  device.told.clear();
  synchronise("cpu");
  CHECK(device_stopwatch("cpu")([] {}) >= 0);
  CHECK(device.told.empty());
  synchronise(FakeDevice::name);
  CHECK(device.told == std::vector<std::string>{"wait"});
}
