#include "profiler/memory.h"

#include "tests/catch.h"
#include "tests/profiler/fake_device.h"

using namespace mds;
using mds::test::FakeDevice;

TEST_CASE("the memory of a phase is what it holds, not what it frees", "[profiler]") {
  std::vector<char> kept;
  const PhaseMemory before = memory_of("nothing", "cpu", [] {});
  const PhaseMemory held = memory_of("held", "cpu", [&] {
    std::vector<char>(size_t(96) << 20, 'x').swap(kept);
    const std::vector<char> freed(size_t(64) << 20, 'y');
    CHECK(freed.back() == 'y');
  });
  CHECK(*held.resident_bytes - *before.resident_bytes == Approx(96 << 20).margin(16 << 20));
  if (held.peak_bytes) CHECK(*held.peak_bytes - *before.resident_bytes == Approx(160 << 20).margin(16 << 20));
}

TEST_CASE("the memory of a phase on a GPU is what its allocator gave out, once the work is done", "[profiler]") {
  FakeDevice& device = FakeDevice::the();
  auto& bytes = device.memory.allocated_bytes[0];
  bytes.current = 500, bytes.peak = 9000;  // of an earlier phase
  device.told.clear();
  const PhaseMemory memory = memory_of("pass", FakeDevice::name, [&] { bytes.peak = 2000, bytes.current = 700; });
  CHECK(memory.phase == "pass");
  CHECK(memory.peak_bytes == 2000);
  CHECK(memory.resident_bytes == 700);
  CHECK(memory.seconds >= 0);
  CHECK(device.told == std::vector<std::string>{"wait"});
  CHECK(memory_of("nothing", FakeDevice::name, [] {}).peak_bytes == 700);
}

TEST_CASE("a GPU tells what can still be allocated on it, and the CPU does not", "[profiler]") {
  FakeDevice::the();
  CHECK(free_device_bytes(FakeDevice::name) == 3000);
  CHECK_FALSE(free_device_bytes("cpu"));
}
