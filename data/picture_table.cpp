#include "data/picture_table.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "data/utf8.h"
#include "spec/error.h"

namespace mds {
namespace {

constexpr int64_t gap = 4;
constexpr size_t heading_lines = 3, caption_lines = 2, label_lines = 2;  // of each paragraph

std::unique_ptr<Pen> pen_of(const std::string& font, ImageSize picture) {
  const int64_t pixels = std::clamp<int64_t>(picture.width / 24, 11, 40);
  return std::filesystem::exists(font) ? std::make_unique<Pen>(font, pixels) : nullptr;
}

std::vector<std::u32string> paragraphs_of(const std::string& text) {
  std::istringstream lines(text);
  std::vector<std::u32string> paragraphs;
  for (std::string line; std::getline(lines, line);) paragraphs.push_back(decode_utf8(line));
  return paragraphs;
}

std::u32string shortened(const Pen& pen, std::u32string line, int64_t width) {
  if (pen.width_of(line) <= width) return line;
  while (!line.empty() && pen.width_of(line + U"...") > width) line.pop_back();
  return line + U"...";
}

// Writes texts within one width, with a limited number of lines per paragraph. Without a pen they take no space.
class TextBox {
 public:
  TextBox(const Pen* pen, size_t lines, int64_t width) : pen_(pen), lines_(lines), width_(width) {}

  std::vector<std::u32string> lines_of(const std::string& text) const {
    std::vector<std::u32string> all;
    for (const auto& paragraph : paragraphs_of(text))
      for (const auto& line : pen_->broken_into(lines_, paragraph, width_))
        all.push_back(shortened(*pen_, line, width_));
    return all;
  }
  int64_t height(const std::vector<std::string>& texts) const {
    size_t most = 0;
    for (const auto& text : pen_ ? texts : std::vector<std::string>()) most = std::max(most, lines_of(text).size());
    return most == 0 ? 0 : int64_t(most) * pen_->line_height() + pen_->line_height() / 2;
  }
  void write(const std::string& text, Image& canvas, ImageSize corner) const {
    if (!pen_) return;
    for (const auto& line : lines_of(text))
      pen_->draw(line, canvas, {corner.width, corner.height += pen_->line_height()}, width_);
  }

 private:
  const Pen* pen_;
  size_t lines_;
  int64_t width_;
};

// A width in which labels are readable, but not wider than they need.
int64_t label_width(const Pen* pen, const std::vector<std::string>& labels) {
  int64_t widest = 0;
  for (const auto& label : pen ? labels : std::vector<std::string>())
    for (const auto& paragraph : paragraphs_of(label)) widest = std::max(widest, pen->width_of(paragraph));
  return pen ? std::min(widest, 10 * pen->line_height()) : 0;
}

struct Layout {
  const Pen* pen;
  ImageSize picture;
  int64_t columns, rows;
  int64_t cell_width, width;
  TextBox heading, label, caption;
  int64_t heading_height, label_height, row_height, height;

  Layout(const PictureTable& table, ImageSize largest, const Pen* pen_of_words)
      : pen(pen_of_words),
        picture(largest),
        columns(table.columns),
        rows(rows_of(table)),
        cell_width(std::max(largest.width, label_width(pen, table.labels))),
        width(columns * (cell_width + gap) - gap),
        heading(pen, heading_lines, cell_width),
        label(pen, label_lines, cell_width),
        caption(pen, caption_lines, width),
        heading_height(heading.height(table.headings)),
        label_height(label.height(table.labels)),
        row_height(largest.height + label_height + caption.height(table.captions) + gap),
        height(heading_height + rows * row_height - gap) {
    if (std::max(width, height) > max_image_side || width * height > max_image_pixels)
      throw ConfigError("a table of " + std::to_string(rows) + " x " + std::to_string(columns) + " pictures is " +
                        std::to_string(width) + " x " + std::to_string(height) + " pixels; allowed: " +
                        std::to_string(max_image_side) + " a side and " + std::to_string(max_image_pixels) + " in all");
  }

  static int64_t rows_of(const PictureTable& table) {
    const int64_t count = int64_t(std::max(table.pictures.size(), table.labels.size()));
    const int64_t rows = std::max((count + table.columns - 1) / table.columns, int64_t(table.captions.size()));
    const auto fits = [](size_t words, int64_t wanted) { return words == 0 || int64_t(words) == wanted; };
    if (rows == 0 || !fits(table.headings.size(), table.columns) || !fits(table.captions.size(), rows) ||
        !fits(table.labels.size(), count) || !fits(table.pictures.size(), count))
      throw std::logic_error("picture_table: pictures and words do not fit each other");
    return rows;
  }
  ImageSize corner(size_t i) const {
    return {int64_t(i) % columns * (cell_width + gap), heading_height + int64_t(i) / columns * row_height};
  }
};

}  // namespace

void check_table(const PictureTable& table, ImageSize picture, const std::string& font) {
  const auto pen = pen_of(font, picture);
  const Layout checked(table, picture, pen.get());
}

Image picture_table(const PictureTable& table, const std::string& font) {
  ImageSize largest;
  for (const auto& picture : table.pictures)
    largest = {std::max(largest.width, picture.width), std::max(largest.height, picture.height)};
  const auto pen = pen_of(font, largest);
  const Layout layout(table, largest, pen.get());
  Image canvas = make_image({layout.width, layout.height});
  for (size_t i = 0; i < table.headings.size(); ++i)
    layout.heading.write(table.headings[i], canvas, {layout.corner(i).width, 0});
  for (size_t i = 0; i < table.pictures.size(); ++i) {
    const ImageSize corner = layout.corner(i);
    paste(table.pictures[i], canvas, corner);
    if (!table.labels.empty())
      layout.label.write(table.labels[i], canvas, {corner.width, corner.height + largest.height});
  }
  for (size_t row = 0; row < table.captions.size(); ++row) {
    const ImageSize corner = layout.corner(row * size_t(layout.columns));
    layout.caption.write(table.captions[row], canvas, {0, corner.height + largest.height + layout.label_height});
  }
  return canvas;
}

}  // namespace mds
