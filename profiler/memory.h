// Memory of this process as the kernel counts it, in bytes. No value where /proc does not provide it.
#pragma once

#include <cstdint>
#include <optional>

namespace mds {

std::optional<int64_t> resident_bytes();
std::optional<int64_t> peak_resident_bytes();

// Lowers the peak to the present use, so that the next peak belongs to the code that runs next. False where the kernel
// refuses (some containers): the peak then still covers the whole life of the process.
bool reset_peak_resident();

}  // namespace mds
