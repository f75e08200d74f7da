// Pictures decoded in tiles equal the whole picture if the decoder's reach is bounded, and resemble it otherwise.
#include "pipeline/tiles.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "pipeline/encode.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

NetworkPtr random_decoder(const NetworkSpec& spec) {
  const auto network = make_network(make_plan(spec));
  torch::NoGradGuard no_grad;
  uint64_t seed = 1;
  for (auto& p : network->parameters()) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed++);
    if (p.dim() == 4) p.copy_(at::randn(p.sizes(), generator) * std::sqrt(2.0 / double(p[0].numel())));
    if (p.dim() == 1) p.copy_(0.1 * at::randn(p.sizes(), generator));
  }
  return network;
}

NetworkPtr small_taesd(int64_t size) {
  return random_decoder(TaesdDecoderSpec{.size = size, .latent_channels = 2, .width = 4, .blocks = 1});
}

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace

TEST_CASE("a decoder's reach is half of each kernel, summed at its layer's scale", "[pipeline]") {
  const auto reach = [](const NetworkSpec& spec) { return reach_of(make_plan(spec)); };
  // 1 + 9, (1 + 9) / 2, (1 + 9) / 4, (1 + 3 + 1) / 8
  CHECK(reach(load_network("taesd-decoder")).pixels == 19);
  CHECK(!reach(load_network("taesd-decoder")).global);
  // 1 + 4 + 6, (1 + 6) / 2, (1 + 6) / 4, (1 + 6 + 1) / 8
  CHECK(reach(load_network("sd-vae-decoder")).pixels == 18);
  CHECK(reach(load_network("sd-vae-decoder")).global);
}

TEST_CASE("the reach is how far a latent pixel is seen, and no further", "[pipeline][torch]") {
  torch::NoGradGuard no_grad;
  const auto decoder = small_taesd(256);
  const int64_t reach = reach_of(decoder->plan()).pixels, at_row = 13;
  Tensor latent = at::randn({1, 2, 32, 32});
  const Tensor before = decoder->forward(latent);
  latent.select(2, at_row).fill_(3);
  const Tensor changed = (decoder->forward(latent) - before).abs().amax({0, 1, 3}) > 0;
  const Tensor rows = changed.nonzero().flatten();
  CHECK(rows.min().item<int64_t>() / 8 >= at_row - reach);
  CHECK(rows.max().item<int64_t>() / 8 <= at_row + reach);
  CHECK(rows.max().item<int64_t>() / 8 > at_row + reach - 2);
}

TEST_CASE("with twice the reach as overlap, tiles of a decoder without global layers are the whole picture",
          "[pipeline][torch]") {
  const auto decoder = small_taesd(384);
  const int64_t twice = 2 * reach_of(decoder->plan()).pixels;
  const Tensor latent = at::randn({2, 2, 48, 48});
  const Tensor whole = decode_tiled(*decoder, latent, {});
  const double size = whole.abs().max().item<double>();
  const int64_t tile = GENERATE_COPY(twice + 2, twice + 5, int64_t(40), int64_t(47), int64_t(48), int64_t(100));
  CHECK(largest_difference(decode_tiled(*decoder, latent, {.tile = tile}), whole) < 1e-5 * size);
  CHECK(largest_difference(decode_tiled(*decoder, latent, {.tile = 40, .overlap = twice + 7}), whole) < 1e-5 * size);
  CHECK(largest_difference(decode_tiled(*decoder, latent, {.tile = 24, .overlap = 0}), whole) > 1e-2 * size);
  CHECK(largest_difference(decode_tiled(*decoder, latent, {.tile = 40, .overlap = twice - 4}), whole) > 1e-5 * size);
}

TEST_CASE("a tile that its overlap does not fit is refused with the range", "[pipeline]") {
  const auto decoder = small_taesd(384);
  const Tensor latent = at::zeros({1, 2, 48, 48});
  const auto decode = [&](const TileOptions& options) { decode_tiled(*decoder, latent, options); };
  CHECK_THROWS_WITH(decode({.tile = 16}), Contains("tile is 16; allowed: more than 16"));
  CHECK_THROWS_WITH(decode({.tile = -1}), Contains("tile is -1; allowed: at least 1"));
  CHECK_THROWS_WITH(decode({.tile = 20, .overlap = 20}), Contains("overlap is 20; allowed: 0 to 19"));
  CHECK_THROWS_WITH(decode({.tile = 20, .overlap = -3}), Contains("overlap is -3; allowed: 0 to 19"));
  CHECK_THROWS_WITH(decode_tiled(*decoder, latent.slice(2, 0, 20), {.tile = 30}), Contains("expected N x 2x48x48"));
}

TEST_CASE("a constant picture stays constant through any tiles", "[pipeline][torch]") {
  torch::NoGradGuard no_grad;
  const auto decoder =
      random_decoder(DecoderSpec{.size = 256, .latent_channels = 2, .widths = {4, 4, 4, 4}, .blocks = 1, .groups = 2});
  decoder->named_parameters()["conv_out.weight"].zero_();
  const Tensor latent = at::randn({1, 2, 32, 32});
  const int64_t overlap = GENERATE(0, 1, 4, 9, 15);
  CHECK(largest_difference(decode_tiled(*decoder, latent, {.tile = 16, .overlap = overlap}), decoder->forward(latent)) <
        1e-6);
}

TEST_CASE("tiles of a decoder with group norms are near the whole picture, nearer with overlap", "[pipeline][torch]") {
  const std::string folder = shipped_file("weights/emoji-autoencoder");
  const ModelCard card = load_card(folder, {"vae_encoder", "vae_decoder"});
  const NetworkSpec half = *card.vae_encoder, other = std::get<DecoderSpec>(*card.vae_decoder);
  const auto encoder = load_part(folder, "vae_encoder", make_plan(with_size(half, {512, 512})));
  const auto decoder = load_part(folder, "vae_decoder", make_plan(with_size(other, {512, 512})));
  // Sixteen coloured discs on white.
  const Tensor line = at::linspace(0, 1, 512), x = line.view({1, -1}).expand({512, -1}), y = x.t();
  const Tensor disc = ((4 * x).frac() - 0.5).square() + ((4 * y).frac() - 0.5).square() < 0.15;
  const Tensor colours = at::where(disc, at::stack({0.9 - 0.5 * x * y, y, x}), at::ones({}));
  const Tensor picture = (255 * colours).to(at::kByte).unsqueeze(0);
  const Tensor latent = posterior(encode_pictures(*encoder, picture)).mode();
  const Tensor whole = decode_tiled(*decoder, latent, {});
  const auto mean_difference = [&](std::optional<int64_t> overlap) {
    return (decode_tiled(*decoder, latent, {.tile = 32, .overlap = overlap}) - whole).abs().mean().item<double>();
  };
  CHECK(mean_difference({}) < mean_difference(0));
  CHECK(mean_difference({}) < 0.05);
}

TEST_CASE("a model's decoder may be TAESD's, and cards of before read and hash as they did", "[pipeline]") {
  ModelCard card;
  card.vae_decoder = DecoderSpec{.size = 64};
  CHECK(to_json(card)["vae_decoder"] == to_json(DecoderSpec{.size = 64}));
  CHECK(from_json<ModelCard>(to_json(card), "x") == card);
  card.vae_decoder = TaesdDecoderSpec{.size = 64};
  CHECK(to_json(card)["vae_decoder"]["kind"] == "taesd_decoder");
  CHECK(from_json<ModelCard>(to_json(card), "x") == card);
  CHECK_THROWS_WITH(from_json<ModelCard>({{"vae_decoder", {{"kind", "taesd_decoder"}, {"groups", 4}}}}, "x"),
                    Contains("vae_decoder.groups is not a known key"));
}
