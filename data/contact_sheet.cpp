#include "data/contact_sheet.h"

#include <algorithm>
#include <filesystem>

#include "data/utf8.h"

namespace mds {

Image contact_sheet(const std::vector<CaptionedImage>& pictures, const ContactSheetOptions& options) {
  std::vector<Image> cells;
  constexpr int64_t gap = 6;  // between the captions of neighbours
  const bool has_font = std::filesystem::exists(options.font);
  for (const auto& [image, caption] : pictures) {
    if (!has_font) {
      cells.push_back(image);
      continue;
    }
    const Pen pen(options.font, options.text_pixels);
    Image cell = make_image({image.width, image.height + 2 * pen.line_height() + pen.line_height() / 2});
    paste(image, cell, {0, 0});
    int64_t baseline = image.height + pen.line_height();
    for (const auto& line : pen.broken_into(/*lines=*/2, decode_utf8(caption), image.width - gap)) {
      pen.draw(line, cell, {0, baseline}, image.width - gap);
      baseline += pen.line_height();
    }
    cells.push_back(std::move(cell));
  }
  return tile(cells, options.columns);
}

}  // namespace mds
