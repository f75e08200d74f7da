// Edges of a batch of pictures are those of each picture alone.
#include "pipeline/edges.h"

#include <ATen/ATen.h>

#include "pipeline/sampler_noise.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("the edges of a batch are those of each picture", "[pipeline][torch]") {
  const Tensor noise = (seeded_noise({1}, {3, 7, 9}) * 60 + 128).clamp(0, 255).to(at::kByte);
  const Tensor pictures = at::cat({noise, at::full_like(noise, 255)});
  const Tensor controls = edge_controls(pictures, {.low = 300, .high = 600});
  CHECK(controls.sum().item<float>() > 0);
  CHECK(controls[1].sum().item<float>() == 0);
  for (int64_t i = 0; i < 2; ++i)
    CHECK(
        at::equal(controls.slice(0, i, i + 1), edge_controls(pictures.slice(0, i, i + 1), {.low = 300, .high = 600})));
}
