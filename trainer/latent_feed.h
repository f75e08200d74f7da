// Draws an iteration's batch for the stages that train a UNet: cached latents, noise, timesteps, captions.
#pragma once

#include "trainer/latents.h"
#include "trainer/stage.h"

namespace mds {

class LatentFeed {
 public:
  // The latents must outlive the feed. ConfigError where every pair is held out.
  LatentFeed(const LatentSet& latents, int64_t batch, uint64_t seed);

  // On the CPU: float32 "x0" and "noise", N x C x H x W; "t", int64 N, uniform on 0 .. choices - 1; "text", float32 N x
  // S x W, where a share `caption_dropout` of the captions is replaced by the empty one.
  TensorMap next(const Turn& turn, int64_t choices, double caption_dropout);
  Tensor empty_text() const;  // float32 1 x S x W, on the CPU

 private:
  const LatentSet& latents_;
  Tensor rows_;
  Batches batches_;
};

}  // namespace mds
