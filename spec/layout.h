// Layouts: which thing stands where in a picture.
#pragma once

#include <string>
#include <vector>

#include "spec/placed_phrase.h"

namespace mds {

using PictureLayout = std::vector<PlacedPhrase>;

// "x0,y0,x1,y1=phrase": left, top, right and bottom as shares of the picture's width and height. RequestError for
// anything else.
PlacedPhrase parse_box(const std::string& text);

// The layout of a .json file, or those of the lines of a .jsonl file. Each is a list of placed phrases, or an object
// that has it under "layout", as a data set's metadata.jsonl does. ConfigError, FileError: see TextLines and check().
std::vector<PictureLayout> load_layouts(const std::string& file);

}  // namespace mds
