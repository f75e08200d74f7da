// The networks that turn pictures and captions into latents: the autoencoder and the text-image encoders.
#pragma once

#include <optional>

#include "data/resize.h"
#include "pipeline/text_encoder.h"
#include "trainer/latents.h"

namespace mds {

class LatentEncoder {
 public:
  // `size` is the side of the pictures in pixels; 0: that of the autoencoder's card. ConfigError where a folder lacks a
  // part, where the autoencoder cannot have that size, and where pictures and captions have no features in common.
  LatentEncoder(const EncoderFolders& folders, int64_t size, const Placement& placement);

  int64_t size() const { return spec_.size; }  // pixels a side
  LatentShape shape() const;
  int64_t features() const { return score_card_.image_encoder->projection; }  // of a picture or caption
  const LatentScale& scale() const { return *autoencoder_.latent_scale; }
  const std::map<std::string, std::string>& hashes() const { return hashes_; }

  // Of pictures of this size. Without hash and license. At least one picture.
  LatentSet encode(const Pictures& pictures) const;

 private:
  ModelCard autoencoder_, score_card_, text_card_;
  EncoderSpec spec_;
  std::map<std::string, std::string> hashes_;
  NetworkPtr encoder_, tower_;
  TextEncoder text_, score_text_;
};

// The same pairs in one set.
LatentSet joined(const std::vector<LatentSet>& parts);

}  // namespace mds
