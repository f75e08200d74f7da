// The networks around a UNet: batches do not show, and what is not finite never becomes a picture.
#include "pipeline/encode.h"

#include <ATen/ATen.h>

#include "tests/catch.h"

using namespace mds;

namespace {

NetworkPtr decoder(int64_t size) {
  const DecoderSpec spec{
      .size = size, .latent_channels = 2, .widths = {4, 4}, .blocks = 1, .mid_blocks = 0, .groups = 1};
  const auto network = make_network(make_plan(spec));
  initialise(*network, 1);
  return network;
}

}  // namespace

TEST_CASE("a decoder whose output is not finite draws nothing", "[pipeline][torch]") {
  const auto network = decoder(16);
  const Tensor latents = at::ones({3, 2, 8, 8});
  CHECK(decode_latents(*network, latents).sizes() == std::vector<int64_t>{3, 3, 16, 16});
  network->named_parameters()["conv_out.bias"].detach()[1] = GENERATE(double(NAN), double(INFINITY));
  CHECK_THROWS_WITH(decode_latents(*network, latents), Catch::Contains("decoding: a picture is not finite"));
}

TEST_CASE("large pictures are decoded few at a time, and all of them", "[pipeline][torch]") {
  const auto network = decoder(512);  // two at once
  const Tensor latents = at::arange(5, at::kFloat).view({5, 1, 1, 1}).expand({5, 2, 256, 256});
  const Tensor pictures = decode_latents(*network, latents);
  REQUIRE(pictures.size(0) == 5);
  CHECK(at::equal(pictures[4], decode_latents(*network, latents.slice(0, 4))[0]));
}

TEST_CASE("the scale of latents that do not vary can still be divided by", "[pipeline]") {
  const Tensor mean = at::full({4, 1, 2, 2}, 3.0f), log_variance = at::full({4, 1, 2, 2}, -100.0f);
  const LatentScale scale = measure_scale(at::cat({mean, log_variance}, 1));
  CHECK(scale.mean[0] == Approx(3));
  CHECK(scale.std[0] == least_deviation);
}
