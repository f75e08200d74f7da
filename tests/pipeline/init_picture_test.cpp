// A picture to begin with is encoded by the network that belongs to the model, and kept where its mask says so.
#include "pipeline/init_picture.h"

#include <ATen/ATen.h>

#include <random>

#include "pipeline/encode.h"
#include "pipeline/generator.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_model.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string folder = scratch("init_model").string(), encoders = scratch("init_encoder").string();
const std::string picture = scratch("init.png").string(), mask = scratch("init_mask.png").string();

Image noise(ImageSize size) {
  Image image = make_image(size);
  std::mt19937 random(1);
  for (auto& value : image.rgb) value = uint8_t(random() % 256);
  return image;
}

// White in the columns from `first` on.
Image white_from(int64_t first, ImageSize size) {
  Image image = make_image(size, 0);
  for (int64_t y = 0; y < size.height; ++y)
    for (int64_t x = first; x < size.width; ++x) std::fill_n(image.rgb.data() + (y * size.width + x) * 3, 3, 255);
  return image;
}

EncoderSpec tiny_encoder() {
  return {.size = 32, .latent_channels = 3, .widths = {8, 8, 8, 8}, .blocks = 1, .mid_blocks = 0};
}

void save_encoder(const std::string& where, ModelCard card, const EncoderSpec& spec = tiny_encoder()) {
  card.vae_encoder = spec;
  save_card(where, card);
  save_random_part(where, "vae_encoder", make_plan(spec), 7000);
}

ModelCard card_of(const std::optional<LatentScale>& scale) {
  ModelCard card;
  card.latent_scale = scale;
  return card;
}

// A model that draws, with its encoder.
void save_model() {
  save_tiny_model(folder);
  save_encoder(folder, tiny_card());
}

Tensor drawn(const InitPicture& init, SamplerConfig sampler = {.steps = 4, .guidance = 1}) {
  const Generator generator(folder);
  Tensor result;
  DrawRequest request{.prompts = {"red"}, .seeds = {3}};
  request.init = init;
  generator.check(init, sampler);
  generator.draw(request, sampler, {.picture = [&](size_t, const Tensor& found) { result = found; }});
  return result;
}

}  // namespace

TEST_CASE("a weaker strength draws nearer to the autoencoder's copy of the picture", "[pipeline][torch]") {
  save_model();
  save_png(picture, noise({32, 32}));
  const InitPicture init = load_init({.picture = picture, .strength = 0.25}, {32, 32});
  const EncoderPart part = find_encoder(folder, load_card(folder));
  CHECK(part.folder == folder);
  const LatentScale scale = *tiny_card().latent_scale;
  const InitLatents latents = encode_init(init, part, scale);
  CHECK(latents.latents.sizes() == std::vector<int64_t>{1, 3, 4, 4});
  const auto decoder = load_part(folder, "vae_decoder", make_plan(*tiny_card().vae_decoder));
  const Tensor copy = decode_latents(*decoder, from_unet(scale, latents.latents))[0].to(at::kFloat);
  double before = 0;
  for (const double strength : {0.25, 0.5, 1.0}) {
    InitPicture changed = init;
    changed.strength = strength;
    const double apart = (drawn(changed).to(at::kFloat) - copy).abs().mean().item<double>();
    CHECK(apart > before);
    before = apart;
  }
}

TEST_CASE("latents that a mask keeps are the picture's", "[pipeline][torch]") {
  save_model();
  save_png(picture, noise({32, 32}));
  save_png(mask, white_from(16, {32, 32}));
  const InitPicture init = load_init({.picture = picture, .mask = mask}, {32, 32});
  CHECK(init.strength == 1);
  const InitLatents latents = encode_init(init, find_encoder(folder, load_card(folder)), *tiny_card().latent_scale);
  CHECK(latents.drawn.sizes() == std::vector<int64_t>{1, 1, 4, 4});
  CHECK_FALSE(latents.drawn.slice(3, 0, 2).any().item<bool>());
  CHECK(latents.drawn.slice(3, 2, 4).all().item<bool>());
  CHECK(drawn(init).sizes() == std::vector<int64_t>{3, 32, 32});
}

TEST_CASE("picture and mask are resized together, which is said once, and then are other pictures",
          "[pipeline][torch]") {
  save_png(picture, noise({20, 16}));
  save_png(mask, white_from(10, {20, 16}));
  std::vector<std::string> told;
  const auto tell = [&](const std::string& sentence) { told.push_back(sentence); };
  const InitPicture init = load_init({.picture = picture, .mask = mask}, {32, 40}, tell);
  CHECK(told == std::vector<std::string>{picture + " is 20x16 pixels and is resized to 40x32"});
  CHECK(init.picture_1CHW.sizes() == std::vector<int64_t>{1, 3, 32, 40});
  CHECK(at::equal(init.drawn_11HW.sum(2).flatten() > 16, at::arange(40) >= 20));
  CHECK(load_init({.picture = picture}, {32, 40}).hash != init.hash);
  CHECK(load_init({.picture = picture}, {32, 40}).strength == usual_strength);
}

TEST_CASE("a mask of another size or without white is an error that says so", "[pipeline][torch]") {
  save_png(picture, noise({32, 32}));
  save_png(mask, white_from(0, {16, 32}));
  CHECK_THROWS_WITH(load_init({.picture = picture, .mask = mask}, {32, 32}),
                    mask + ": the mask is 16x32 pixels; allowed: those of " + picture + ", 32x32");
  save_png(mask, white_from(32, {32, 32}));
  CHECK_THROWS_WITH(load_init({.picture = picture, .mask = mask}, {32, 32}), Contains("has no white pixel"));
  save_model();
  Image dot = make_image({32, 32}, 0);
  std::fill_n(dot.rgb.data() + (9 * 32 + 9) * 3, 3, 255);
  save_png(mask, dot);
  const InitPicture init = load_init({.picture = picture, .mask = mask}, {32, 32});
  CHECK_THROWS_WITH(encode_init(init, find_encoder(folder, load_card(folder)), *tiny_card().latent_scale),
                    Contains("the mask's white is too small: of 8 pixels a latent's side"));
}

TEST_CASE("the encoder is the named one, the model's own, or that of its training", "[pipeline][torch]") {
  save_tiny_model(folder);
  save_encoder(encoders, card_of(tiny_card().latent_scale));
  ModelCard card = load_card(folder);
  CHECK_THROWS_WITH(find_encoder(folder, card), folder +
                                                    "/model.json: has no vae_encoder, which a picture to begin with "
                                                    "needs; name the folder of the model's autoencoder with `encoder`");
  CHECK(find_encoder(folder, card, encoders).folder == encoders);
  card.provenance.config = {{"stage", {{"encoders", {{"autoencoder", encoders}}}}}};
  CHECK(find_encoder(folder, card).folder == encoders);
  card.vae_encoder = tiny_encoder();
  save_encoder(folder, card);
  CHECK(find_encoder(folder, card).folder == folder);
}

TEST_CASE("an encoder of other latents is refused", "[pipeline][torch]") {
  const ModelCard card = tiny_card();
  save_encoder(encoders, card_of(LatentScale{{0, 0, 0}, {1, 1, 1}}));
  CHECK_THROWS_WITH(find_encoder(folder, card, encoders), Contains("its latent_scale is another one"));
  EncoderSpec wide = tiny_encoder();
  wide.latent_channels = 5;
  save_encoder(encoders, {}, wide);
  CHECK_THROWS_WITH(find_encoder(folder, card, encoders),
                    Contains("mean and deviation of 5x4x4, the UNet reads 3x4x4"));
}

TEST_CASE("a strength that takes no step of the sampler is refused before anything is drawn", "[pipeline][torch]") {
  save_model();
  save_png(picture, noise({32, 32}));
  const InitPicture init = load_init({.picture = picture}, {32, 32});
  CHECK_THROWS_WITH(drawn(init, {.steps = 1, .guidance = 1}), Contains("a strength of 0.8 takes none of 1 step"));
}
