// Arranges pictures in rows and columns with text: as papers compare models (a heading above each column, a caption
// below each row), and as contact sheets (a label below each picture).
#pragma once

#include <string>
#include <vector>

#include "data/lettering.h"

namespace mds {

// Texts are UTF-8; each of the three lists may be empty.
struct PictureTable {
  int64_t columns = 1;
  std::vector<std::string> headings{};  // one per column, at most three lines
  std::vector<std::string> captions{};  // one per row, at most two lines
  std::vector<std::string> labels{};    // one per picture: paragraphs of at most two lines
  std::vector<Image> pictures{};        // row by row
};

// Cells fit the largest picture, and labels up to a readable width; the size of letters grows with the pictures. Text
// that does not fit ends in three dots. Without the font there is no text. ConfigError where the table would exceed the
// limits of a picture.
Image picture_table(const PictureTable& table, const std::string& font = usual_font);

// Throws the same ConfigError for a table whose pictures, of the given size, do not exist yet.
void check_table(const PictureTable& table, ImageSize picture, const std::string& font = usual_font);

}  // namespace mds
