// Objects cut out on white: without margins, centred, at their own aspect.
#pragma once

#include <string>

#include "pipeline/image.h"

namespace mds {

Image trimmed(const Image& image, const std::string& name);  // FileError, which `name` opens, if all of it is white

// In the middle of a white square of `side` pixels, or as wide as the longer side. std::logic_error if it is larger.
Image on_white_square(const Image& image, int64_t side = 0);

// An SVG file drawn by rsvg-convert, which the package librsvg2-bin brings; FileError if it fails or draws nothing.
// Many drawings are small on a large page: those are drawn again, enlarged.
Image draw_svg(const std::string& file, int64_t side, int64_t seconds = 10);

}  // namespace mds
