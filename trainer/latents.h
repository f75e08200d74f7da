// A data set as a UNet sees it: posterior moments of the pictures and token states of the captions, made once and cached
// in one file. Training, sampling and scoring from it need no picture library and no tokenizer.
#pragma once

#include <string>
#include <vector>

#include "pipeline/model.h"

namespace mds {

struct LatentSet {
  Tensor moments;        // float16 N x 2C x H x W
  Tensor text;           // float16 N x S x W: token states of the conditioning encoder
  Tensor empty_text;     // float16 1 x S x W: of the empty caption
  Tensor image_features; // float32 N x E: the scoring encoder's, of the pictures as the autoencoder returns them
  Tensor text_features;  // float32 N x E: the scoring encoder's
  Tensor held_out;       // bool N
  std::vector<std::string> captions;
  LatentScale scale;
  std::string hash;      // of data set and encoders together

  int64_t count() const { return moments.size(0); }
  Tensor rows(bool of_held_out) const;  // int64 indices
};

void save_latents(const std::string& file, const LatentSet& set);
LatentSet load_latents(const std::string& file);

}  // namespace mds
