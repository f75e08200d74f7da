#include "profiler/memory.h"

#include <chrono>
#include <fstream>

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

}  // namespace

std::optional<int64_t> resident_bytes() { return status_bytes("VmRSS"); }
std::optional<int64_t> peak_resident_bytes() { return status_bytes("VmHWM"); }

bool reset_peak_resident() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  return clear.good();
}

PhaseMemory memory_of(const std::string& phase, const std::function<void()>& run) {
  give_memory_back();
  const bool resets = reset_peak_resident();
  const auto start = std::chrono::steady_clock::now();
  run();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const auto peak = resets ? peak_resident_bytes() : std::nullopt;
  give_memory_back();
  return {.phase = phase, .peak_bytes = peak, .resident_bytes = resident_bytes(), .seconds = taken.count()};
}

}  // namespace mds
