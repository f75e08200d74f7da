// The networks around a UNet: results do not depend on batches, and non-finite values never become a picture.
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
  const auto network = decoder(512);  // decoded two at a time
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

TEST_CASE("a posterior's log variance is clamped to -30 and 20", "[pipeline]") {
  const Tensor mean = at::randn({2, 1, 1, 3});
  const Tensor log_variance = at::tensor({-100.0f, 0.5f, 100.0f}).expand({2, 1, 1, 3});
  const Posterior latent = posterior(at::cat({mean, log_variance}, 1));
  const Tensor wanted = at::exp(0.5 * at::tensor({-30.0f, 0.5f, 20.0f}));
  CHECK(at::allclose(latent.std, wanted.expand({2, 1, 1, 3})));
  CHECK(at::equal(latent.mode(), mean));
  CHECK(at::equal(latent.sample(at::zeros_like(mean)), mean));
  CHECK(at::allclose(latent.sample(at::full_like(mean, -2)), mean - 2 * wanted));
}

TEST_CASE("a latent scale may be Stable Diffusion's single factor or the data's, channel by channel", "[pipeline]") {
  const Tensor z = at::randn({2, 4, 3, 3});
  const LatentScale factor{std::vector<double>(4, 0.0), std::vector<double>(4, 1 / 0.18215)};
  CHECK(at::allclose(to_unet(factor, z), 0.18215 * z));
  CHECK(at::allclose(from_unet(factor, 0.18215 * z), z));
  const Tensor moments = at::cat({3 * z + 1, at::full_like(z, -30)}, 1);
  const Tensor scaled = to_unet(measure_scale(moments), posterior(moments).mode());
  CHECK(at::allclose(scaled.mean({0, 2, 3}), at::zeros(4), 0, 1e-5));
  CHECK(at::allclose(scaled.square().mean({0, 2, 3}), at::ones(4), 1e-4));
}

TEST_CASE("latents become pictures in tiles as they do whole", "[pipeline][torch]") {
  const auto network =
      make_network(make_plan(TaesdDecoderSpec{.size = 384, .latent_channels = 2, .width = 4, .blocks = 1}));
  initialise(*network, 1);
  const Tensor latents = at::randn({2, 2, 48, 48});
  const Tensor whole = decode_latents(*network, latents).to(at::kInt);
  const Tensor tiled = decode_latents(*network, latents, {.tile = 40}).to(at::kInt);
  CHECK((tiled - whole).abs().max().item<int>() <= 1);
}
