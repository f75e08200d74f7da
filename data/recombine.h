// New captions from the halves of others, for stages that learn from captions without pictures.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mds {

// A caption's first part is what stands before its first ": ", its second what follows, as in "man: dark skin tone".
// Draws first parts of all captions and second parts of those that have one, each from captions chosen alike, and joins
// them: `count` new and allowed ones, each once. Fewer where no more are found, and none where no caption has a second
// part.
using Allowed = std::function<bool(const std::string& caption)>;
std::vector<std::string> recombined(const std::vector<std::string>& captions, const Allowed& allowed, int64_t count,
                                    uint64_t seed);

}  // namespace mds
