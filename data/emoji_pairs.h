// Pictures of two emoji on white, each in a box of its own: for networks that draw by a layout.
#pragma once

#include "data/emoji.h"

namespace mds {

struct PairOptions {
  int64_t pictures = 4200;  // fewer where the objects form fewer pairs
  int64_t held_out = 200;   // the last ones
  int64_t side = 128;       // of a picture in pixels
  uint64_t seed = 0;        // of the choice of pairs and of their places
};

// An object without margins. Two of one group are never in one picture.
struct Cutout {
  std::string id, name, group;
  Image image;
};

// Each picture shows two objects side by side or one above the other, captioned "red heart and taco", with their names
// and the boxes that enclose them as its layout. Of each pair of objects there is one picture at most, so a held-out
// caption joins words of training captions anew. The longer side of an object is 0.3 to 0.6 of the picture's, and at
// most its own.
Collection pair_cutouts(std::vector<Cutout> objects, const PairOptions& options);

// Of the training pictures of `emoji` whose name names one thing: none with "and", a comma or a colon. MissingPackages
// names the Debian packages of missing files.
Collection collect_emoji_pairs(const PairOptions& options = {}, const EmojiOptions& emoji = {});

}  // namespace mds
