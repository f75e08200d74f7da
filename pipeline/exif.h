// The orientation that a camera noted beside a picture's pixels (Exif 2.32, tag 274).
#pragma once

#include <string_view>

namespace mds {

// 1 (as stored) to 8 for the bytes of a JPEG, PNG or WebP file; 1 where none is noted or the note is damaged.
int exif_orientation(std::string_view file);

}  // namespace mds
