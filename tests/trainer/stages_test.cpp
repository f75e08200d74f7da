// Each stage learns toy data in float32 and bfloat16, and refuses a configuration that cannot be trained.
#include <ATen/ATen.h>
#include <torch/cuda.h>

#include <cmath>
#include <numeric>

#include "pipeline/schedule.h"
#include "tests/catch.h"
#include "tests/trainer/toy.h"
#include "trainer/autoencoder.h"
#include "trainer/distil.h"
#include "trainer/relu.h"
#include "trainer/text_image.h"
#include "trainer/ufogen.h"

using namespace mds;
using Catch::Contains;

namespace {

// The mean loss of the first ten and of the last ten iterations.
std::pair<double, double> trained(Stage& stage, const LoopConfig& config, double lr) {
  Loop loop(stage, config, {.lr = lr, .warmup = 5});
  std::vector<double> losses;
  loop.run_to(config.iterations, [&](const StepReport& report) { losses.push_back(report.loss); });
  const auto mean = [](auto begin, auto end) { return std::accumulate(begin, end, 0.0) / double(end - begin); };
  return {mean(losses.begin(), losses.begin() + 10), mean(losses.end() - 10, losses.end())};
}

// 8 pictures of one colour each.
Tensor colours(int64_t size) {
  const Tensor i = at::arange(8, at::kFloat);
  const Tensor bits = at::stack({i % 2, i / 2 % 2, i / 4}, 1);
  return (bits.floor() * 255).to(at::kByte).view({8, 3, 1, 1}).expand({8, 3, size, size}).contiguous();
}

}  // namespace

TEST_CASE("a UNet learns toy latents", "[trainer][torch]") {
  const Prediction prediction = GENERATE(Prediction::epsilon, Prediction::v);
  const TrainingPrecision dtype = GENERATE(TrainingPrecision::fp32, TrainingPrecision::bf16);
  const LatentSet set = toy::latents();
  const LoopConfig config{.iterations = 80, .batch = 8, .seed = 1, .dtype = dtype};
  BaseStage stage(toy::unet(), toy::predicting(prediction), config, set);
  const auto [first, last] = trained(stage, config, 1e-2);
  CHECK(first == Approx(1).margin(0.5));  // an untrained UNet predicts 0, and both targets have a square of about 1
  CHECK(last < 0.7 * first);
  for (const auto& [name, weight] : stage.weights()) CHECK(weight.scalar_type() == at::kFloat);
}

TEST_CASE("base training refuses to predict x0, and data that are all held out", "[trainer][torch]") {
  LatentSet set = toy::latents();
  CHECK_THROWS_WITH(BaseStage(toy::unet(), toy::predicting(Prediction::x0), {}, set), Contains("stage.prediction"));
  set.held_out.fill_(true);
  CHECK_THROWS_WITH(BaseStage(toy::unet(), {}, {}, set), Contains("every pair is held out"));
}

TEST_CASE("held-out latents are never trained on", "[trainer][torch]") {
  LatentSet set = toy::latents();
  set.moments.masked_fill_(set.held_out.view({-1, 1, 1, 1}), NAN);
  set.text.masked_fill_(set.held_out.view({-1, 1, 1}), NAN);
  const LoopConfig config{.iterations = 6, .batch = 10};
  BaseStage stage(toy::unet(), {}, config, set);
  CHECK_NOTHROW(Loop(stage, config, {}).run_to(6));
}

TEST_CASE("an autoencoder learns to return toy pictures", "[trainer][torch]") {
  const AutoencoderConfig config{.size = 24,
                                 .crop = 16,
                                 .latent_channels = 2,
                                 .widths = {8, 8},
                                 .encoder_blocks = 1,
                                 .decoder_blocks = 1,
                                 .mid_blocks = 0};
  const LoopConfig loop{.iterations = 60, .batch = 8, .seed = 1};
  AutoencoderStage stage(config, loop, colours(24));
  const auto [first, last] = trained(stage, loop, 1e-2);
  CHECK(last < 0.5 * first);
  CHECK_THROWS_WITH(AutoencoderStage({.size = 16, .crop = 32}, loop, colours(16)),
                    Contains("stage.crop is 32; allowed: at most stage.size, 16"));
}

TEST_CASE("pictures of a size that the networks cannot have are refused before training on crops", "[trainer][torch]") {
  const AutoencoderConfig config{.size = 17, .crop = 16, .latent_channels = 2, .widths = {8, 8}};
  CHECK_THROWS_AS(AutoencoderStage(config, {}, colours(17)), ConfigError);
  CHECK_THROWS_WITH(AutoencoderStage(config, {}, colours(17)), Contains("stage.size is 17"));
}

TEST_CASE("pictures that are all held out are nothing to train on", "[trainer][torch]") {
  const Tensor none = colours(16).slice(0, 0, 0);
  CHECK_THROWS_WITH(AutoencoderStage({.size = 16, .crop = 16}, {}, none), Contains("stage.data: every pair is held"));
  CHECK_THROWS_WITH(TextImageStage({}, {}, none, {}), Contains("stage.data: every pair is held out"));
}

TEST_CASE("a text and an image tower learn which caption belongs to which picture", "[trainer][torch]") {
  TextImageConfig config{.size = 16, .merges = 0};
  config.text = {.vocabulary = 514, .tokens = 4, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 8};
  config.image = {.size = 16, .patch = 8, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 8};
  const Tensor ids = at::full({8, 4}, 513, at::kLong);
  ids.select(1, 0).fill_(512);
  ids.select(1, 1).copy_(at::arange(8) + 64);
  const LoopConfig loop{.iterations = 60, .batch = 8, .seed = 1};
  TextImageStage stage(config, loop, colours(16), {ids, at::full({8}, 2, at::kLong)});
  const auto [first, last] = trained(stage, loop, 3e-3);
  CHECK(first > 0.5 * std::log(8));
  CHECK(last < 0.5 * first);
}

TEST_CASE("towers that do not fit each other or the tokenizer are refused", "[trainer][torch]") {
  const auto make = [](const TextImageConfig& config) { TextImageStage(config, {}, colours(16), {}); };
  TextImageConfig config;
  SECTION("vocabulary") {
    config.merges = 100;
    CHECK_THROWS_WITH(make(config), Contains("stage.text.vocabulary is 4610; with 100 merges it is 614"));
  }
  SECTION("projections") {
    config.image.projection = 64;
    CHECK_THROWS_WITH(make(config), Contains("stage.text.projection and stage.image.projection are 96 and 64"));
  }
  SECTION("size") {
    config.size = 32;
    CHECK_THROWS_WITH(make(config), Contains("stage.size is 32; allowed: at least stage.image.size, 64"));
  }
}

TEST_CASE("a stage's weights are where its loop places them", "[trainer][torch][gpu]") {
  if (!torch::cuda::is_available()) {
    WARN("skipped: there is no GPU");
    return;
  }
  const LatentSet set = toy::latents();
  const std::string start = toy::model("placed");
  const LoopConfig loop{.batch = 4, .placement = {.device = at::kCUDA}};
  const auto check = [](const Stage& stage) {
    for (const auto& [name, weight] : stage.weights()) {
      INFO(name);
      CHECK(weight.is_cuda());
    }
  };
  check(BaseStage(toy::unet(), {}, loop, set));
  for (const Swap swap : {Swap::blend, Swap::gain}) {
    ReluConfig config;
    config.start = start;
    config.swap = swap;
    config.blend_iterations = 10;
    check(ReluStage(config, loop, set));
  }
  DistilConfig distil;
  distil.teacher = start;
  check(DistilStage(distil, loop, set));
  for (const auto kind : {DiscriminatorKind::unet, DiscriminatorKind::heads}) {
    UfogenConfig config;
    config.start = start;
    config.adversary.discriminator = kind;
    UfogenStage stage(config, loop, set);
    check(stage);
    check(*stage.adversary()->stage);
  }
  const AutoencoderConfig autoencoder{
      .size = 24, .crop = 16, .latent_channels = 2, .widths = {8, 8}, .encoder_blocks = 1, .decoder_blocks = 1};
  check(AutoencoderStage(autoencoder, loop, colours(24)));
}
