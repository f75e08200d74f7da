// The split that tests attribute binding with skin tones: training sees every person and every tone, but not all pairs
// of them.
#pragma once

#include <vector>

#include "data/emoji_list.h"

namespace mds {

struct TonedEmoji {
  Emoji emoji;
  std::u32string kind;  // variant_group: woman, man and person of a kind have the same tone held out
  char32_t tone;
  bool held_out;
};

// The emoji with one skin tone, for those that have all five tones, in the list's order. Each kind has one tone held
// out: the kinds, in the order of their SHA-256, take the five tones in turn, so that each tone is held out equally
// often (give or take one kind). With fewer than two kinds nothing is held out, because a tone would never be seen in
// training.
std::vector<TonedEmoji> toned_emoji(const std::vector<Emoji>& list);

}  // namespace mds
