// A file of latents to train a decoder on: the cached latents of a data set, or latents drawn by a UNet.
#pragma once

#include "trainer/loop.h"

namespace mds {

class LatentFile {
 public:
  // The file holds "moments" (N x 2C x H x W; each iteration samples from their posterior, and rows of "held_out" are
  // left out) or "latents" (N x C x H x W). FileError or ConfigError where it has neither, or has other channels or
  // sides below the crop's.
  LatentFile(const std::string& file, const Shape& crop, const LoopConfig& loop);

  // A batch, float32 N x C x H x W of the crop's size, on the CPU.
  Tensor next(const Turn& turn);

 private:
  Tensor moments_, latents_;  // one of them is defined
  Shape crop_;
  Batches batches_;
};

// A crop of `height` x `width` at a random place, the same in all maps.
Tensor random_crop(const Tensor& maps_NCHW, int64_t height, int64_t width, at::Generator random);

}  // namespace mds
