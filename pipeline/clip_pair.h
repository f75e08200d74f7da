// Both halves of a CLIP: embeddings of pictures and texts in one space, for CLIP scores. Only embeddings: diffusers,
// torchmetrics and papers scale the score differently.
#pragma once

#include "pipeline/clip_images.h"
#include "pipeline/text_encoder.h"

namespace mds {

// The text tower as CLIP scores define it: from a file, with openai/CLIP's own tokenizer, padded with 0; for a model
// folder as its card says. ConfigError where the tower has no projection.
TextEncoder load_clip_texts(const ClipSource& source, const Placement& placement = {});

class ClipPair {
 public:
  // ConfigError where the embeddings of the two halves differ in width.
  explicit ClipPair(const ClipSource& source, ClipFit fit = ClipFit::crop);

  // Both return float32 N x width(), rows of length 1, on the CPU. They run in batches of bounded memory; the rest of a
  // batch changes at most the last digits of a row.
  Tensor embed_pictures(const Tensor& pictures_u8) const { return images_.embed(pictures_u8); }  // N x 3 x H x W
  // Pooled at the end of each text. Any bytes are accepted as a text; one that is too long is cut.
  Tensor embed_texts(const std::vector<std::string>& texts) const;

  int64_t width() const { return images_.width(); }
  const ClipImages& images() const { return images_; }
  const TextEncoder& texts() const { return texts_; }

 private:
  ClipImages images_;
  TextEncoder texts_;
};

}  // namespace mds
