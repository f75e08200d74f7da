// Pictures as tensors. Bicubic with antialiasing over the largest centre square, on 8-bit values, as PIL resizes.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/image_folder.h"
#include "pipeline/image.h"

namespace mds {

at::Tensor to_tensor(const Image& image, int64_t size);  // uint8, 3 x size x size
Image to_image(const at::Tensor& picture);               // from uint8, 3 x H x W, on any device

struct Pictures {
  std::vector<Pair> pairs;
  at::Tensor images;  // uint8, N x 3 x size x size; row i is the picture of pairs[i]
  FolderReport skipped;
};

// In the order of the pairs, read by a pool of threads. Pictures that turn out to be broken when they are decoded are
// skips; a FileError if all are.
Pictures load_pictures(const std::vector<Pair>& pairs, int64_t size);

// A whole folder, with the skips of list_pairs before those of load_pictures.
Pictures load_folder(const std::string& folder, int64_t size, const FolderOptions& options = {});

}  // namespace mds
