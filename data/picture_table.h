// Pictures in rows and columns with words: as papers compare models (a heading above each column, a caption below each
// row), and as contact sheets show what there is (a label below each picture).
#pragma once

#include <string>
#include <vector>

#include "data/lettering.h"

namespace mds {

// Words are UTF-8; each of the three lists may be empty.
struct PictureTable {
  int64_t columns = 1;
  std::vector<std::string> headings{};  // one a column, in three lines at most
  std::vector<std::string> captions{};  // one a row, in two lines at most
  std::vector<std::string> labels{};    // one a picture: paragraphs of two lines at most
  std::vector<Image> pictures{};        // row by row
};

// Cells fit the largest picture, and labels up to a width that can be read; letters grow with the pictures. What does
// not fit ends in three dots. Without the font there are pictures only. ConfigError where the table would exceed a
// picture's limits.
Image picture_table(const PictureTable& table, const std::string& font = usual_font);

// Throws the same for a table whose pictures are still to come and are so large.
void check_table(const PictureTable& table, ImageSize picture, const std::string& font = usual_font);

}  // namespace mds
