// A few emoji as black outlines on white: a style that a LoRA learns from few pictures.
#pragma once

#include "data/emoji.h"
#include "pipeline/canny.h"

namespace mds {

struct OutlineOptions {
  int64_t pictures = 30;
  uint64_t seed = 0;  // of their choice
  CannyThresholds edges{};
};

// The edges of a picture, two pixels thick, in black on white.
Image outlined(const Image& image, const CannyThresholds& edges = {});

// Training pictures of `emoji`, chosen at random, outlined, with their own captions. Errors: see collect_emoji.
Collection collect_emoji_outlines(const OutlineOptions& options = {}, const EmojiOptions& emoji = {});

}  // namespace mds
