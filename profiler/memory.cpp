#include "profiler/memory.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <chrono>
#include <fstream>

#include "profiler/device_clock.h"
#include "spec/freed_memory.h"

namespace mds {
namespace {

// Lines of /proc/self/status read "VmHWM:     12345 kB".
std::optional<int64_t> status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (int64_t kilobytes = 0; word == key + ":" && status >> kilobytes) return kilobytes * 1024;
  return std::nullopt;
}

// Small and large allocations together.
constexpr auto any_pool = size_t(c10::CachingAllocator::StatType::AGGREGATE);

c10::DeviceAllocator& allocator_of(c10::Device device) {
  auto* allocator = c10::getDeviceAllocator(device.type());
  if (!allocator->initialized()) at::globalContext().lazyInitDevice(device.type());
  return *allocator;
}

PhaseMemory timed(const std::string& phase, const std::string& device, const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  synchronise(device);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return {.phase = phase, .seconds = taken.count()};
}

}  // namespace

std::optional<int64_t> resident_bytes() { return status_bytes("VmRSS"); }
std::optional<int64_t> peak_resident_bytes() { return status_bytes("VmHWM"); }

std::optional<int64_t> peak_bytes(const std::string& name) {
  const c10::Device device(name);
  if (device.is_cpu()) return peak_resident_bytes();
  return allocator_of(device).getDeviceStats(device.index()).allocated_bytes[any_pool].peak;
}

bool reset_peak_resident() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  return clear.good();
}

PhaseMemory memory_of(const std::string& phase, const std::string& name, const std::function<void()>& run) {
  if (const c10::Device device(name); !device.is_cpu()) {
    auto& allocator = allocator_of(device);
    allocator.resetPeakStats(device.index());
    PhaseMemory memory = timed(phase, name, run);
    const auto bytes = allocator.getDeviceStats(device.index()).allocated_bytes[any_pool];
    memory.peak_bytes = bytes.peak;
    memory.resident_bytes = bytes.current;
    return memory;
  }
  give_memory_back();
  const bool resets = reset_peak_resident();
  PhaseMemory memory = timed(phase, name, run);
  if (resets) memory.peak_bytes = peak_resident_bytes();
  give_memory_back();
  memory.resident_bytes = resident_bytes();
  return memory;
}

std::optional<int64_t> free_device_bytes(const std::string& name) {
  const c10::Device device(name);
  if (device.is_cpu()) return std::nullopt;
  return int64_t(allocator_of(device).getMemoryInfo(device.index()).first);
}

}  // namespace mds
