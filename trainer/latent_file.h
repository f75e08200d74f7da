// A file of latents as a decoder reads them: cached ones of a data set, or ones that a UNet drew.
#pragma once

#include "trainer/loop.h"

namespace mds {

class LatentFile {
 public:
  // Tensors "moments" (N x 2C x H x W, of whose posterior each iteration draws; without the rows of "held_out"), or
  // "latents" (N x C x H x W). FileError or ConfigError where it holds neither, or not of this shape with H and W at
  // least as large.
  LatentFile(const std::string& file, const Shape& crop, const LoopConfig& loop);

  // float32 N x C x H x W of the crop's size, on the CPU.
  Tensor next(const Turn& turn);

 private:
  Tensor moments_, latents_;  // one of them
  Shape crop_;
  Batches batches_;
};

// A part of maps, `height` x `width`, from the same place of all of them.
Tensor random_crop(const Tensor& maps_NCHW, int64_t height, int64_t width, at::Generator random);

}  // namespace mds
