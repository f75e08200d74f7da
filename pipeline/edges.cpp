#include "pipeline/edges.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

namespace mds {

Tensor edge_controls(const Tensor& pictures_NCHW, const CannyThresholds& thresholds) {
  const Tensor rows = pictures_NCHW.cpu().permute({0, 2, 3, 1}).contiguous();
  const int64_t height = rows.size(1), width = rows.size(2);
  Tensor edges = at::empty(rows.sizes(), at::kByte);
  at::parallel_for(0, rows.size(0), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    const int64_t bytes = height * width * 3;
    for (int64_t i = begin; i < end; ++i) {
      const uint8_t* pixels = rows.const_data_ptr<uint8_t>() + i * bytes;
      const Image found = canny_edges({width, height, {pixels, pixels + bytes}}, thresholds);
      std::ranges::copy(found.rgb, edges.mutable_data_ptr<uint8_t>() + i * bytes);
    }
  });
  return edges.permute({0, 3, 1, 2}).to(at::kFloat) / 255;
}

}  // namespace mds
