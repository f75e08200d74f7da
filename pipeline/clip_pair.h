// Both halves of a CLIP: pictures and words in one space, as CLIP scores compare them (diffusers, torchmetrics and
// papers differ in the factor; here embeddings only).
#pragma once

#include "pipeline/clip_images.h"
#include "pipeline/text_encoder.h"

namespace mds {

// The text half as scores are defined: out of a file with openai/CLIP's own tokenizer, padded with 0; a model folder's
// card tells its own. ConfigError where the tower has no projection.
TextEncoder load_clip_texts(const ClipSource& source);

class ClipPair {
 public:
  // ConfigError where the halves' embeddings differ in width.
  explicit ClipPair(const ClipSource& source, ClipFit fit = ClipFit::crop);

  // Both float32 N x width(), rows of length 1, on the CPU, in batches of bounded memory; what else is in a batch
  // changes a value by its last digits at most.
  Tensor embed_pictures(const Tensor& pictures_u8) const { return images_.embed(pictures_u8); }  // N x 3 x H x W
  // Pooled at the end of each text; any bytes are a text, one that is too long is cut.
  Tensor embed_texts(const std::vector<std::string>& texts) const;

  int64_t width() const { return images_.width(); }
  const ClipImages& images() const { return images_; }
  const TextEncoder& texts() const { return texts_; }

 private:
  ClipImages images_;
  TextEncoder texts_;
};

}  // namespace mds
