// Drawing with a UNet: which rows guidance evaluates, and what a picture depends on.
#include "pipeline/drawer.h"

#include <ATen/ATen.h>

#include "networks/unet.h"
#include "pipeline/weights.h"
#include "tests/catch.h"

using namespace mds;

namespace {

UNetSpec small_unet() {
  LevelSpec level{.width = 8, .down = {1}, .up = {0, 1}, .stack = {.head_width = 4}};
  return {.latent_channels = 3,
          .size = 4,
          .text_tokens = 5,
          .text_width = 6,
          .time_width = 16,
          .mid = -1,
          .levels = {level}};
}

NetworkPtr random_network(const UNetSpec& spec) {
  const auto network = make_network(make_plan(spec));
  const Tensor noise = seeded_noise({1}, {parameter_count(*network)})[0] * 0.2;
  TensorMap weights = weights_of(*network);
  int64_t begin = 0;
  for (auto& [name, weight] : weights) {
    weight.copy_(noise.slice(0, begin, begin + weight.numel()).view(weight.sizes()));
    begin += weight.numel();
  }
  return network;
}

// The text that guidance steers away from and three others.
PictureTexts texts(std::vector<int64_t> chosen) {
  PictureTexts texts{.rows = {}, .chosen_N = at::tensor(chosen)};
  texts.rows.text_NSC = seeded_noise({4, 1, 2, 3}, {5, 6});
  return texts;
}

Drawer drawer(const SamplerConfig& sampler, bool one_by_one = false) {
  return {.diffusion = {NoiseSchedule({}), Prediction::v},
          .sampler = sampler,
          .scale = {{0, 0, 0}, {1, 1, 1}},
          .one_by_one = one_by_one};
}

}  // namespace

TEST_CASE("guidance 1 and 0 evaluate one row a picture, unless 0 is rescaled", "[pipeline]") {
  const Tensor chosen = at::tensor({2, 1});
  const auto rows = [&](const SamplerConfig& sampler) { return guided_rows(chosen, sampler); };
  CHECK(at::equal(rows({.guidance = 1, .rescale = 0.7}), chosen));
  CHECK(at::equal(rows({.guidance = 0}), at::tensor({0, 0})));
  CHECK(at::equal(rows({.guidance = 3}), at::tensor({2, 0, 1, 0})));
  CHECK(at::equal(rows({.guidance = 0, .rescale = 0.7}), at::tensor({2, 0, 1, 0})));
}

TEST_CASE("both rows of guidance in one call give what two calls give", "[pipeline][torch]") {
  const auto unet = random_network(small_unet());
  const SamplerConfig config = GENERATE(
      values<SamplerConfig>({{.guidance = 3}, {.guidance = 0}, {.guidance = 1}, {.guidance = 2, .rescale = 0.5}}));
  const Tensor x = seeded_noise({7, 8, 9}, {3, 4, 4});
  const auto alone = [&](std::vector<int64_t> chosen) {
    return drawer({.guidance = 1}).denoiser(*unet, texts(chosen))(x, 749);
  };
  const Tensor own = alone({2, 1, 3}), away = alone({0, 0, 0});
  const bool one_by_one = GENERATE(false, true);
  const Tensor drawn = drawer(config, one_by_one).denoiser(*unet, texts({2, 1, 3}))(x, 749);
  CHECK(at::allclose(drawn, guided(own, away, config), 1e-5, 1e-5));
  CHECK(!at::allclose(own, away, 1e-3, 1e-3));
}

TEST_CASE("a picture depends on its own seed and text, not on its batch or its place in it", "[pipeline][torch]") {
  const SamplerConfig config = GENERATE(values<SamplerConfig>(
      {{.steps = 3}, {.steps = 3, .eta = 1}, {.steps = 3, .sampler = Sampler::ufogen}, {.steps = 3, .rescale = 0.7}}));
  const auto unet = random_network(small_unet());
  const auto draw = [&](const std::vector<int64_t>& chosen, const std::vector<uint64_t>& seeds) {
    return drawer(config).latents(*unet, texts(chosen), seeds);
  };
  const Tensor together = draw({1, 2, 3}, {11, 12, 13});
  for (int64_t i = 0; i < 3; ++i) CHECK(at::allclose(draw({i + 1}, {uint64_t(11 + i)})[0], together[i], 1e-4, 1e-4));
  CHECK(at::allclose(draw({3, 2, 1}, {13, 12, 11}).flip(0), together, 1e-4, 1e-4));
  CHECK(!at::allclose(draw({1, 2, 3}, {11, 12, 14})[2], together[2], 1e-2, 1e-2));
  CHECK(!at::allclose(draw({3, 2, 1}, {11, 12, 13})[0], together[0], 1e-4, 1e-4));
}

TEST_CASE("pictures drawn one by one are the same to the byte in every batch", "[pipeline][torch]") {
  const auto unet = random_network(small_unet());
  const Drawer each = drawer({.steps = 3}, /*one_by_one=*/true);
  const Tensor together = each.latents(*unet, texts({1, 2, 3}), {11, 12, 13});
  CHECK(at::equal(each.latents(*unet, texts({3}), {13})[0], together[2]));
}

TEST_CASE("a drawer tells of every step it has taken", "[pipeline][torch]") {
  const auto unet = random_network(small_unet());
  int steps = 0;
  drawer({.steps = 4}).latents(*unet, texts({1, 2}), {11, 12}, [&] { ++steps; });
  CHECK(steps == 4);
}
