// A picture of pictures: a grid of equal cells, each with its caption in two lines below, drawn with FreeType.
#pragma once

#include <string>
#include <vector>

#include "data/lettering.h"

namespace mds {

struct ContactSheetOptions {
  int64_t columns = 8;
  int64_t text_pixels = 13;       // height of the captions' letters
  std::string font = usual_font;  // without it there are pictures only
};

struct CaptionedImage {
  Image image;
  std::string caption;
};

Image contact_sheet(const std::vector<CaptionedImage>& pictures, const ContactSheetOptions& options = {});

}  // namespace mds
