// Builds the Noto emoji data sets from Debian's packages: every emoji as a picture on white with its CLDR name.
// `emoji` leaves out skin tones and flags (1,608 pictures on Debian 12); `noto` has all (3,655).
// Held out are 200 of the former, in whole groups of variants, chosen by hash; `noto` holds out the same groups.
#pragma once

#include <string>

#include "data/build_report.h"

namespace mds {

struct EmojiOptions {
  std::string out;
  bool skin_tones = false;
  bool flags = false;
  int64_t held_out = 200;
  std::string font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::string emoji_test = "/usr/share/unicode/emoji/emoji-test.txt";
  std::string annotations = "/usr/share/unicode/cldr/common/annotations/en.xml";
  std::string annotations_derived = "/usr/share/unicode/cldr/common/annotationsDerived/en.xml";
};

// A missing file is a FileError that names the Debian package that has it.
BuildReport build_emoji(const EmojiOptions& options, const BuildProgress& progress = {});

}  // namespace mds
