#include "pipeline/control_picture.h"

#include <ATen/ATen.h>

#include "pipeline/edges.h"

namespace mds {

Tensor load_control(const ControlSource& source, Extent pixels, const Notice& told) {
  if (source.edges.empty() == source.photo.empty())
    throw ConfigError(std::string("a control picture is made from one file; given: ") +
                      (source.given() ? "a picture of edges and a photo" : "none"));
  const std::string& file = source.file();
  const Tensor picture = sized_picture(load_image(file), pixels, file, told).unsqueeze(0);
  return source.edges.empty() ? edge_controls(picture, source.thresholds) : picture.to(at::kFloat) / 255;
}

}  // namespace mds
