// Memory of this process as the kernel counts it, in bytes. No value where /proc does not provide it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "spec/describe.h"

namespace mds {

std::optional<int64_t> resident_bytes();
std::optional<int64_t> peak_resident_bytes();

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
          "cannot be reset");
    field("resident_bytes", self.resident_bytes, "memory resident after it");
    field("seconds", self.seconds, "its duration", at_least(0));
  }
};

// Runs the phase. Freed memory that malloc keeps is released before it and after it, as it belongs to no phase.
PhaseMemory memory_of(const std::string& phase, const std::function<void()>& run);

}  // namespace mds
