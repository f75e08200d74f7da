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

// A list of placed phrases, or an object that has it under "layout". ConfigError, beginning with the place.
PictureLayout layout_from(const Json& json, const Place& place);

// The layout of a .json file, or those of the lines of a .jsonl file, such as a data set's metadata.jsonl: see
// layout_from. ConfigError, FileError: see TextLines and check().
std::vector<PictureLayout> load_layouts(const std::string& file);

}  // namespace mds
