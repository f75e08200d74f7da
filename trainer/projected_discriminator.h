// Tells real from drawn pictures by the maps of a frozen classifier, EfficientNet-Lite0, which frozen random
// convolutions mix across channels and levels (Projected GAN, arXiv 2111.01007). Latents are decoded for it. What was
// trained against it is not scored by distances of the same network's features: they are what it was trained on.
#pragma once

#include "trainer/latents.h"
#include "trainer/loop.h"
#include "trainer/train_plan.h"

namespace mds {

struct LatentDecoder {
  NetworkPtr network;
  LatentScale scale;
};
// ConfigError where the latents are not those of the folder's autoencoder.
LatentDecoder latent_decoder(const LatentSource& latents, const EncoderFolders& folders, const Placement& placement);

class ProjectedDiscriminator {
 public:
  // `weights`: file of EfficientNet-Lite0, in any layout that import_weights knows; FileError where it does not fit.
  // ConfigError for pictures whose side is no multiple of 32 from 64 on.
  ProjectedDiscriminator(LatentDecoder decoder, const std::string& weights, const LoopConfig& loop);

  TensorMap weights() const;  // of the heads; their last convolutions begin at zero, so that all logits are 0
  Tensor decoded(const Tensor& latents_NCHW) const;  // of a UNet, to pictures in [-1, 1]
  Tensor logits(const Tensor& pictures_NCHW) const;  // N x L

 private:
  // A head halves its map twice, by convolutions of spectral norm 1.
  struct Head {
    Tensor first, second, last, last_bias;
  };
  std::vector<Tensor> mixed(const Tensor& pictures_NCHW) const;

  NetworkPtr decoder_;
  LatentScale scale_;
  NetworkPtr classifier_;
  std::vector<Tensor> across_channels_, across_levels_;  // by level, from the finest
  std::vector<Head> heads_;
};

// The frozen networks, without their passes. The heads, which are small, are not counted.
std::vector<PlannedNetwork> planned_projection(const EncoderFolders& folders);

}  // namespace mds
