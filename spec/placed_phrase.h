// What a layout says of one object: a phrase and the box that it stands in.
#pragma once

#include <string>
#include <vector>

#include "spec/describe.h"

namespace mds {

struct PlacedPhrase {
  std::string phrase;
  std::vector<double> box{0, 0, 1, 1};  // left, top, right, bottom, as shares of the picture's width and height
  bool operator==(const PlacedPhrase&) const = default;
  static void describe(auto& self, auto&& field) {
    field("phrase", self.phrase, "words for the object");
    field("box", self.box, "its left, top, right and bottom, as shares of the picture's width and height");
  }
};

// ConfigError where the phrase is empty, and where the box is not four numbers, is empty or leaves the picture.
void check(const PlacedPhrase& placed, const Place& place);

}  // namespace mds
