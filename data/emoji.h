// The Noto emoji data sets out of Debian's packages: every emoji as a picture on white with its CLDR name.
// `emoji` leaves out skin tones and flags (1,608 pictures on Debian 12); `noto` has all (3,655).
// Held out are 200 of the former, in whole groups of variants, chosen by hash; `noto` holds out the same groups.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

struct EmojiOptions {
  bool skin_tones = false;
  bool flags = false;
  int64_t held_out = 200;
  std::string font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::string emoji_test = "/usr/share/unicode/emoji/emoji-test.txt";
  std::string annotations = "/usr/share/unicode/cldr/common/annotations/en.xml";
  std::string annotations_derived = "/usr/share/unicode/cldr/common/annotationsDerived/en.xml";
};

// MissingPackages names the Debian package of a missing file.
Collection collect_emoji(const EmojiOptions& options = {});

// Every tone of every person and hand that has all five, one tone of each kind held out (data/emoji_tones.h). A
// held-out caption's two halves are both in other captions of the training split, so that the set tests the binding of
// an attribute to its bearer. What `emoji` holds out is left out in all tones, so that both may be trained on together;
// the options' choice of emoji does not matter.
Collection collect_emoji_tones(const EmojiOptions& options = {});

}  // namespace mds
