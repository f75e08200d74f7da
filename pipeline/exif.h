// Notes beside a picture's pixels (Exif 2.32): the orientation that a camera wrote (tag 274), and a description (tag
// 270), which we write ourselves.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/image.h"

namespace mds {

// 1 (as stored) to 8 for the bytes of a JPEG, PNG or WebP file; 1 where none is noted or the note is damaged.
int exif_orientation(std::string_view file);

// The description, empty where there is none; it lies in the file's bytes.
std::string_view exif_description(std::string_view file);

// Puts an ASCII description into the bytes of a plain JPEG (as libjpeg writes it) or a plain lossy WebP. Returns false
// where it is longer than the format takes.
bool add_description(std::string& file, const std::string& description, ImageSize size);

}  // namespace mds
