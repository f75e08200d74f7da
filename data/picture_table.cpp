#include "data/picture_table.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "data/utf8.h"
#include "spec/error.h"

namespace mds {
namespace {

constexpr int64_t gap = 4;
constexpr size_t heading_lines = 3, caption_lines = 2;

ImageSize largest(const std::vector<Image>& pictures) {
  ImageSize cell;
  for (const auto& picture : pictures)
    cell = {std::max(cell.width, picture.width), std::max(cell.height, picture.height)};
  return cell;
}

// Lines of one text from `corner` down; nothing without a pen.
struct TextBox {
  const Pen* pen;
  size_t lines;
  int64_t width;
  int64_t height() const { return pen ? int64_t(lines) * pen->line_height() + pen->line_height() / 2 : 0; }
  void write(const std::string& text, Image& canvas, ImageSize corner) const {
    if (!pen) return;
    for (const auto& line : pen->broken_into(lines, decode_utf8(text), width))
      pen->draw(line, canvas, {corner.width, corner.height += pen->line_height()}, width);
  }
};

}  // namespace

Image picture_table(const PictureTable& table, const std::string& font) {
  const int64_t columns = int64_t(table.headings.size()), rows = int64_t(table.captions.size());
  if (columns * rows != int64_t(table.pictures.size()) || columns * rows == 0)
    throw std::logic_error("picture_table: pictures, headings and captions do not fit each other");
  const ImageSize cell = largest(table.pictures);
  const int64_t pixels = std::clamp<int64_t>(cell.width / 24, 11, 40), width = columns * (cell.width + gap) - gap;
  const auto pen = std::filesystem::exists(font) ? std::make_unique<Pen>(font, pixels) : nullptr;
  const TextBox heading{pen.get(), heading_lines, cell.width}, caption{pen.get(), caption_lines, width};
  const int64_t step = cell.height + caption.height() + gap, height = heading.height() + rows * step - gap;
  if (std::max(width, height) > max_image_side || width * height > max_image_pixels)
    throw ConfigError("a table of " + std::to_string(rows) + " x " + std::to_string(columns) + " pictures is " +
                      std::to_string(width) + " x " + std::to_string(height) + " pixels; allowed: " +
                      std::to_string(max_image_side) + " a side and " + std::to_string(max_image_pixels) + " in all");
  Image canvas = make_image({width, height});
  for (int64_t x = 0; x < columns; ++x) heading.write(table.headings[size_t(x)], canvas, {x * (cell.width + gap), 0});
  for (int64_t y = 0; y < rows; ++y) {
    const int64_t top = heading.height() + y * step;
    for (int64_t x = 0; x < columns; ++x)
      paste(table.pictures[size_t(y * columns + x)], canvas, {x * (cell.width + gap), top});
    caption.write(table.captions[size_t(y)], canvas, {0, top + cell.height});
  }
  return canvas;
}

}  // namespace mds
