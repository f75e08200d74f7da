// Pictures in rows and columns, as papers compare models: a heading above each column, a caption below each row.
#pragma once

#include <string>
#include <vector>

#include "data/lettering.h"

namespace mds {

struct PictureTable {
  std::vector<std::string> headings, captions;  // UTF-8
  std::vector<Image> pictures;                  // row by row
};

// Cells fit the largest picture, letters grow with them; without the font there are pictures only. ConfigError where
// the table would exceed a picture's limits.
Image picture_table(const PictureTable& table, const std::string& font = usual_font);

}  // namespace mds
