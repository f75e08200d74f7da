// Metadata of a picture (Exif 2.32): the orientation that a camera wrote (tag 274), and a description (tag 270), which
// mdsearch writes.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/image.h"

namespace mds {

// 1 (as stored) to 8 for the bytes of a JPEG, PNG or WebP file; 1 where there is none or the metadata is damaged.
int exif_orientation(std::string_view file);

// The description, as a view into the file's bytes; empty where there is none.
std::string_view exif_description(std::string_view file);

// Inserts an ASCII description into the bytes of a plain JPEG (as libjpeg writes it) or a plain lossy WebP. Returns
// false where it is longer than the format allows.
bool add_description(std::string& file, const std::string& description, ImageSize size);

}  // namespace mds
