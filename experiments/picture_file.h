// Checks the name of a picture that is to be written.
#pragma once

#include <string>

#include "pipeline/image.h"
#include "spec/error.h"

namespace mds {

// RequestError where the ending belongs to no format that can be written.
inline void require_picture(const std::string& field, const std::string& file) {
  if (!picture_format(file))
    throw RequestError(field + " is \"" + file + "\"; allowed: a file that ends in " + written_endings);
}

}  // namespace mds
