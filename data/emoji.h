// The Noto emoji data sets from Debian's packages: every emoji as a picture on white with its CLDR name. `emoji` leaves
// out skin tones and flags (1,608 pictures on Debian 12); `noto` has all (3,655). 200 pictures of `emoji` are held out:
// whole groups of variants, chosen by hash. `noto` holds out the same groups.
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

// MissingPackages names the Debian packages of missing files.
Collection collect_emoji(const EmojiOptions& options = {});

// All skin tones of every person and hand that has all five, with one tone of each kind held out (data/emoji_tones.h).
// The two halves of a held-out caption both occur in other training captions, so the set tests the binding of an
// attribute to its bearer. What `emoji` holds out is left out in all tones, so that one model may be trained on both.
// The choice of emoji in the options has no effect.
Collection collect_emoji_tones(const EmojiOptions& options = {});

}  // namespace mds
