// Builds the Noto emoji data sets from Debian's packages: every emoji as a picture on white with its CLDR name.
// `emoji` leaves out skin tones and flags (1,608 pictures on Debian 12); `noto` has all (3,655).
// Held out are 200 of the former, in whole groups of variants, chosen by hash; `noto` holds out the same groups.
#pragma once

#include <functional>
#include <string>

#include "data/image_folder.h"

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

// What a builder wrote and what it left out.
struct BuildReport {
  int64_t pictures = 0, held_out = 0, groups = 0;
  int64_t other_names = 0;  // captions taken from the second source, where the first has none
  FolderReport skipped;
};

using BuildProgress = std::function<void(int64_t done, int64_t total)>;

// A missing file is a FileError that names the Debian package that has it.
BuildReport build_emoji(const EmojiOptions& options, const BuildProgress& progress = {});

}  // namespace mds
