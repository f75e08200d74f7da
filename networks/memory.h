// The memory that a pass of a plan needs at least, so that hopeless work is refused before it begins.
#pragma once

#include <optional>

#include "networks/plan.h"

namespace mds {

// Of what a pass holds at once: for the step with the most, its input, its output and the skips that wait for later
// steps. In values for one sample. A real pass holds more: copies in other layouts, and what is inside a block.
int64_t least_values(const Plan& plan);

struct PassMemory {
  int64_t batch = 1;
  int64_t value_bytes = 4;
  bool weights = true;                    // false where they are mapped from a file, which needs no memory of its own
  std::optional<int64_t> usable_bytes{};  // of the device, where the pass does not use the process's memory
};
// MemoryError where the device cannot give what a pass needs at least; ConfigError where that is beyond 64 bits.
void require_pass(const Plan& plan, const PassMemory& memory);

}  // namespace mds
