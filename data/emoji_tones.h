// The split that tests attribute binding on skin tones: every person and every tone is seen in training, but some pairs
// of them are not.
#pragma once

#include <vector>

#include "data/emoji_list.h"

namespace mds {

struct TonedEmoji {
  Emoji emoji;
  std::u32string kind;  // its variant_group: woman, man and person of one kind share what is held out
  char32_t tone;
  bool held_out;
};

// The emoji with one skin tone whose five tones are all listed, in the list's order. Each kind has one tone held out:
// kinds in the order of SHA-256 take the tones in turn, as the diagonal of a Latin square does, so that each tone is
// held out equally often (to within one kind). With fewer than two kinds nothing is held out, for a tone would be
// unseen.
std::vector<TonedEmoji> toned_emoji(const std::vector<Emoji>& list);

}  // namespace mds
