// Checks the name of a picture that a flag asks to write.
#pragma once

#include <string>

#include "app/usage_error.h"
#include "pipeline/image.h"

namespace mds {

// UsageError where the ending belongs to no format that can be written.
inline void require_picture(const std::string& flag, const std::string& file) {
  if (!picture_format(file))
    throw UsageError(flag + " is \"" + file + "\"; allowed: a file that ends in " + written_endings);
}

}  // namespace mds
