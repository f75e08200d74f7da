// Cut-out objects on white: without margins, centred, with their own aspect ratio.
#pragma once

#include <string>

#include "pipeline/image.h"

namespace mds {

Image trimmed(const Image& image, const std::string& name);  // FileError, beginning with `name`, if all is white

// In the centre of a white square of `side` pixels, or of the longer side if 0. std::logic_error if it does not fit.
Image on_white_square(const Image& image, int64_t side = 0);

// Of this size, at most the picture's own: each pixel is the mean of the area that it covers.
Image shrunk(const Image& image, ImageSize size);

// Draws an SVG file with rsvg-convert of the package librsvg2-bin; FileError if that fails or draws nothing. A drawing
// that is small on a large page is drawn a second time, enlarged.
Image draw_svg(const std::string& file, int64_t side, int64_t seconds = 10);

}  // namespace mds
