#include "pipeline/control_picture.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "pipeline/picture_tensor.h"

namespace mds {

Tensor load_control(const ControlSource& source, Extent pixels, const Told& told) {
  if (source.edges.empty() == source.photo.empty())
    throw ConfigError(std::string("a control picture is made from one file; given: ") +
                      (source.given() ? "a picture of edges and a photo" : "none"));
  const std::string& file = source.edges.empty() ? source.photo : source.edges;
  const Tensor picture = sized_picture(load_image(file), pixels, file, told).unsqueeze(0);
  return source.edges.empty() ? edge_controls(picture, source.thresholds) : picture.to(at::kFloat) / 255;
}

Tensor edge_controls(const Tensor& pictures_NCHW, const CannyThresholds& thresholds) {
  const Tensor controls = at::empty(pictures_NCHW.sizes(), at::kFloat);
  at::parallel_for(0, pictures_NCHW.size(0), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      controls[i].copy_(picture_tensor(canny_edges(to_image(pictures_NCHW[i]), thresholds)));
  });
  return controls.div_(255);
}

}  // namespace mds
