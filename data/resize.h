// Pictures as tensors. The largest centre square is resized as PIL does it: bicubic with antialiasing on 8-bit values.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/picture_source.h"
#include "pipeline/picture_tensor.h"
#include "spec/tensor.h"

namespace mds {

Tensor to_tensor(const Image& image, int64_t size);  // uint8, 3 x size x size

struct Pictures {
  std::vector<Pair> pairs;
  Tensor images;  // uint8, N x 3 x size x size; row i is the picture of pairs[i]
  FolderReport skipped;
};

// In the order of the pairs, read by a pool of threads. Pictures that turn out to be broken when they are decoded are
// skips; FileError if all are.
Pictures load_pictures(const std::vector<Pair>& pairs, int64_t size);

// The same for samples of any source; no picture is left where all are broken.
Pictures decode_samples(const std::vector<EncodedPicture>& samples, int64_t size);

}  // namespace mds
