// Latents with captions of another list than their own, for stages that learn from texts and noise alone: of a pair
// that they read, picture and caption do not belong together.
#pragma once

#include "trainer/latent_source.h"

namespace mds {

// Of the field `captions` of such a stage.
inline constexpr std::string_view captions_help =
    "file of prompts that are trained on instead of the pairs' captions, as `mdsearch data captions` writes; needs no "
    "pictures of them; a held-out caption is refused; empty: the pairs'";

struct EncodedCaptions {
  std::vector<std::string> captions;
  Tensor text;       // float16 M x S x W
  std::string hash;  // of captions and encoder
};

// What two captions that a text encoder reads alike have in common: ASCII letters are lower case, and white space is
// one blank between words.
std::string plain_caption(const std::string& caption);

// The pairs of a source in whose batches captions of the list stand instead; all else is the source's. Each epoch goes
// through a new permutation of the list. ConfigError, with `place` and the caption, where one is held out by the
// source; where there are none; and where they have another shape than the source's texts.
LatentSourcePtr with_captions(LatentSourcePtr source, EncodedCaptions captions, const std::string& place);

}  // namespace mds
