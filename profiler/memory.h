// Memory of this process as the kernel counts it, and of a GPU as LibTorch's allocator does, in bytes. No value where
// /proc does not provide it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "spec/describe.h"

namespace mds {

std::optional<int64_t> resident_bytes();
std::optional<int64_t> peak_resident_bytes();

// The most that was held since the process began or the peak was reset: of its memory, or for "cuda:0" of the GPU's.
std::optional<int64_t> peak_bytes(const std::string& device);

// Lowers the peak to the present use, so that the next peak belongs to the code that runs next. False where the kernel
// refuses (some containers): the peak then still covers the whole life of the process.
bool reset_peak_resident();

// What a phase of some work held at most, and what was left of it.
struct PhaseMemory {
  std::string phase{};
  std::optional<int64_t> peak_bytes{}, resident_bytes{};
  double seconds = 0;

  static void describe(auto& self, auto&& field) {
    field("phase", self.phase, "weights: made or loaded; prepare: packed for kernels; pass: one forward pass");
    field("peak_bytes", self.peak_bytes,
          "most memory resident in it, with all that was there before, the program too; absent where the kernel's peak "
          "cannot be reset; on a GPU the most that was allocated there");
    field("resident_bytes", self.resident_bytes, "memory resident after it, or allocated on a GPU");
    field("seconds", self.seconds, "its duration", at_least(0));
  }
};

// Runs the phase on a device: "cpu", or "cuda:0", which is waited for and whose memory is told. Freed memory that
// malloc keeps is released before it and after it, as it belongs to no phase.
PhaseMemory memory_of(const std::string& phase, const std::string& device, const std::function<void()>& run);

// What can still be allocated on a GPU; no value for the CPU.
std::optional<int64_t> free_device_bytes(const std::string& device);

}  // namespace mds
