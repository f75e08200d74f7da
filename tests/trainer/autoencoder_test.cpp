// Training of an autoencoder: the terms of its loss, the discriminator's part, and a decoder behind a frozen
// encoder.
#include "trainer/autoencoder.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

constexpr int64_t side = 24;
const LoopConfig short_loop{.iterations = 6, .batch = 4, .seed = 3};

AutoencoderConfig small(const std::string& start = "") {
  return {.size = side,
          .crop = side,
          .latent_channels = 2,
          .widths = {4, 8},
          .encoder_blocks = 1,
          .decoder_blocks = 1,
          .mid_blocks = 0,
          .start = start};
}

AutoencoderConfig adversarial(int64_t after, const std::string& start = "") {
  AutoencoderConfig config = small(start);
  config.discriminator = {.weight = 0.5, .width = 4, .after = after};
  return config;
}

Tensor pictures() { return at::randint(256, {8, 3, side, side}, generator_for(1, 0), at::kLong).to(at::kByte); }

Tensor apart(const Tensor& a, const Tensor& b, const Observer&) { return (a - b).abs().mean({1, 2, 3}); }

double loss_of(Stage& stage, int64_t iteration = 0) {
  return stage.loss_of(stage.batch({iteration, generator_for(1, iteration)}), {}).item<double>();
}

TensorMap copy(const TensorMap& weights) {
  TensorMap copied;
  for (const auto& [name, weight] : weights) copied[name] = weight.detach().clone();
  return copied;
}

bool same(const TensorMap& x, const TensorMap& y) {
  return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(), [](const auto& a, const auto& b) {
           return a.first == b.first && at::equal(a.second, b.second);
         });
}

// A model folder of an autoencoder after two iterations, with `channels` latent channels.
std::string model(const std::string& name, int64_t channels = 2) {
  AutoencoderConfig config = small();
  config.latent_channels = channels;
  AutoencoderStage stage(config, short_loop, pictures());
  Loop loop(stage, short_loop, {.lr = 1e-2, .warmup = 0});
  loop.run_to(2);
  const std::string folder = toy::temporary(name);
  std::filesystem::remove_all(folder);
  ModelCard card;
  card.vae_encoder = stage.encoder();
  card.vae_decoder = stage.decoder();
  save_part(folder, "vae_encoder", with_prefix(loop.weights(), "vae_encoder."), at::kFloat);
  save_part(folder, "vae_decoder", with_prefix(loop.weights(), "vae_decoder."), at::kFloat);
  save_card(folder, card);
  return folder;
}

// Trains to an iteration, from the checkpoint if there is one, and returns the bytes of the new checkpoint.
std::string checkpoint_at(int64_t iteration, const std::string& file, TrainingPrecision dtype) {
  LoopConfig config = short_loop;
  config.dtype = dtype;
  AutoencoderStage stage(adversarial(/*after=*/3), config, pictures(), apart);
  Loop loop(stage, config, {.lr = 1e-3, .warmup = 0});
  loop.resume(file, "identity");
  loop.run_to(iteration);
  loop.save(file, "identity");
  return toy::bytes_of(file);
}

}  // namespace

TEST_CASE("a perceptual loss adds its distance times its weight", "[trainer][torch]") {
  AutoencoderConfig config = small();
  AutoencoderStage plain(config, short_loop, pictures());
  const double alone = loss_of(plain);
  config.perceptual.weight = 0.25;
  AutoencoderStage perceptual(config, short_loop, pictures(), [](const Tensor& a, const Tensor&, const Observer&) {
    return 2 + 0 * a.mean({1, 2, 3});
  });
  CHECK(loss_of(perceptual) == Approx(alone + 0.25 * 2));
}

TEST_CASE("the discriminator and its loss begin after their iterations", "[trainer][torch]") {
  AutoencoderStage plain(small(), short_loop, pictures());
  AutoencoderStage stage(adversarial(/*after=*/2), short_loop, pictures());
  CHECK(loss_of(stage, 1) == loss_of(plain, 1));
  CHECK(loss_of(stage, 2) != loss_of(plain, 2));
  const auto weights = [&] { return copy(stage.adversary()->stage->weights()); };
  Loop loop(stage, short_loop, {.warmup = 0});
  const TensorMap first = weights();
  loop.run_to(2);
  CHECK(same(weights(), first));
  loop.run_to(3);
  CHECK(!same(weights(), first));
}

TEST_CASE("the adversarial loss is minus the mean logit times the adaptive weight", "[trainer][torch]") {
  const AutoencoderConfig config = adversarial(0);
  AutoencoderStage plain(small(), short_loop, pictures()), stage(config, short_loop, pictures());
  const PatchDiscriminator twin(config.discriminator.width, short_loop.seed + 2);
  const auto encoder = make_network(make_plan(stage.encoder())), decoder = make_network(make_plan(stage.decoder()));
  load_weights(*encoder, with_prefix(copy(stage.weights()), "vae_encoder."), "encoder");
  load_weights(*decoder, with_prefix(copy(stage.weights()), "vae_decoder."), "decoder");
  const AutoencoderBatch batch = stage.draw({0, generator_for(1, 0)});
  const Tensor x = to_signed(batch.pictures_NCHW);
  const Tensor decoded = decoder->forward(posterior(encoder->forward(x)).sample(batch.noise_NCHW));
  const Tensor deceit = -twin.logits(decoded).mean();
  const Tensor last = decoder->named_parameters()["conv_out.weight"];
  const double weight = adaptive_weight(at::mse_loss(decoded, x), deceit, last).item<double>();
  CHECK(loss_of(stage) == Approx(loss_of(plain) + 0.5 * weight * deceit.item<double>()));
}

TEST_CASE("autoencoder and discriminator train only their own weights", "[trainer][torch]") {
  AutoencoderConfig config = adversarial(0);
  config.discriminator.every = 2;
  AutoencoderStage stage(config, short_loop, pictures());
  Loop loop(stage, short_loop, {.warmup = 0});
  const TensorMap autoencoder = copy(stage.weights()), untrained = copy(stage.adversary()->stage->weights());
  loop.run_to(1);
  const TensorMap discriminator = copy(stage.adversary()->stage->weights());
  CHECK(!same(autoencoder, stage.weights()));
  CHECK(!same(untrained, discriminator));
  loop.run_to(2);  // only the autoencoder steps
  CHECK(same(discriminator, stage.adversary()->stage->weights()));
}

TEST_CASE("training with a discriminator resumes to the same bytes", "[trainer][torch]") {
  const int64_t stop = GENERATE(2, 4);  // before the discriminator begins, and after
  const TrainingPrecision dtype = GENERATE(TrainingPrecision::fp32, TrainingPrecision::bf16);
  const std::string halves = toy::temporary("halves"), whole = toy::temporary("whole");
  std::filesystem::remove(halves);
  std::filesystem::remove(whole);
  checkpoint_at(stop, halves, dtype);
  CHECK(checkpoint_at(6, halves, dtype) == checkpoint_at(6, whole, dtype));
}

TEST_CASE("a frozen encoder does not change, has no optimizer's state, no gradient and no KL", "[trainer][torch]") {
  const std::string folder = model("start"), file = toy::temporary("frozen");
  AutoencoderConfig config = adversarial(0, folder);
  config.kl_weight = 1e9;
  AutoencoderStage stage(config, short_loop, pictures());
  const AutoencoderBatch batch = stage.draw({0, generator_for(1, 0)});
  const auto encoded = [&] {
    Tensor moments;
    const Tensor loss = stage.loss(batch, [&](const PlanStep& step, Tensor x) {
      if (step.path == "quant") moments = x;
      return x;
    });
    CHECK(loss.item<double>() < 1e3);
    return moments;
  };
  const Tensor before = encoded();
  CHECK(!before.requires_grad());
  Loop loop(stage, short_loop, {.lr = 1e-2, .warmup = 0});
  loop.run_to(4);
  CHECK(at::equal(encoded(), before));
  loop.save(file, "identity");
  for (const auto& [name, tensor] : load_tensors(file).tensors) CHECK(name.find("vae_encoder") == std::string::npos);
  for (const auto& [name, weight] : stage.weights()) CHECK(name.starts_with("vae_decoder."));
}

TEST_CASE("a decoder that is its teacher has nothing to learn from it", "[trainer][torch]") {
  const std::string folder = model("start");
  AutoencoderConfig config = small(folder);
  config.target = DecoderTarget::teacher;
  AutoencoderStage stage(config, short_loop, pictures());
  CHECK(loss_of(stage) > 0);
  torch::NoGradGuard no_grad;
  const TensorMap teacher = load_tensors(folder + "/vae_decoder.safetensors").tensors;
  for (auto& [name, weight] : stage.weights())
    Tensor(weight).copy_(teacher.at(name.substr(std::string("vae_decoder.").size())));
  CHECK(loss_of(stage) == 0);
}

TEST_CASE("a student learns on the latents of a file, without those held out", "[trainer][torch]") {
  const int64_t latent = side / 2;
  const bool cached = GENERATE(true, false);
  TensorMap tensors;
  if (cached) {
    Tensor moments = at::randn({6, 4, latent + 2, latent + 2}, generator_for(2, 0));
    moments.slice(0, 3).fill_(NAN);
    tensors = {{"moments", moments}, {"held_out", at::arange(6) >= 3}};
  } else {
    tensors = {{"latents", at::randn({6, 2, latent, latent}, generator_for(2, 0))}};
  }
  AutoencoderConfig config = small(model("start"));
  config.target = DecoderTarget::teacher;
  config.latents = toy::temporary("latents");
  save_tensors(config.latents, {.tensors = tensors, .metadata = {}});
  AutoencoderStage stage(config, short_loop, pictures());
  CHECK(stage.draw({0, generator_for(1, 0)}).latents_NCHW.sizes() == at::IntArrayRef({4, 2, latent, latent}));
  CHECK_NOTHROW(Loop(stage, short_loop, {}).run_to(4));
}

TEST_CASE("latents that a decoder cannot read are refused", "[trainer][torch]") {
  AutoencoderConfig config = small(model("start"));
  config.target = DecoderTarget::teacher;
  config.latents = toy::temporary("latents");
  const auto with = [&](const TensorMap& tensors) {
    save_tensors(config.latents, {.tensors = tensors, .metadata = {}});
    AutoencoderStage(config, short_loop, pictures());
  };
  CHECK_THROWS_WITH(with({{"x", at::zeros({1})}}), Contains("holds neither \"moments\" nor \"latents\""));
  CHECK_THROWS_WITH(with({{"latents", at::zeros({2, 3, 12, 12})}}), Contains("latents are [2, 3, 12, 12]"));
  CHECK_THROWS_WITH(with({{"moments", at::zeros({2, 4, 11, 12})}}), Contains("reads N x 4 x 12 x 12"));
  CHECK_THROWS_WITH(with({{"moments", at::zeros({2, 4, 12, 12})}, {"held_out", at::ones({2}, at::kBool)}}),
                    Contains("every latent is held out"));
}

TEST_CASE("halves are shipped architectures with every width divided", "[trainer][torch]") {
  AutoencoderConfig config;
  config.encoder = "sd-vae-encoder";
  config.decoder = "sd-vae-decoder";
  config.width_divisor = 4;
  const EncoderSpec encoder = encoder_of(config, 64);
  const DecoderSpec decoder = decoder_of(config, 128);
  CHECK(encoder.size == 64);
  CHECK(decoder.size == 128);
  CHECK(encoder.widths == std::vector<int64_t>{32, 64, 128, 128});
  CHECK(decoder.widths == encoder.widths);
  CHECK(decoder.latent_channels == 4);
  CHECK(decoder.blocks == 3);
  CHECK(decoder.mid_attention == AttentionFunction::softmax);
  CHECK(decoder.groups == 8);
  config.decoder = "md-vae-decoder";
  CHECK(decoder_of(config, 64).widths == std::vector<int64_t>{32, 32, 64, 128});
  config.decoder = "md-vae-decoder-light";
  CHECK(decoder_of(config, 64).widths == std::vector<int64_t>{32, 32, 64, 64});
}

TEST_CASE("settings that do not go together are refused by name", "[trainer][torch]") {
  const auto refused = [](const AutoencoderConfig& config, const std::string& message) {
    CHECK_THROWS_AS(AutoencoderStage(config, short_loop, pictures()), ConfigError);
    CHECK_THROWS_WITH(AutoencoderStage(config, short_loop, pictures()), Contains(message));
  };
  AutoencoderConfig config = small();
  SECTION("a divisor of nothing") {
    config.width_divisor = 4;
    refused(config, "stage.width_divisor divides the widths of stage.encoder and stage.decoder");
  }
  SECTION("a divisor that does not divide") {
    config.decoder = "sd-vae-decoder";
    config.width_divisor = 3;
    refused(config, "stage.width_divisor: sd-vae-decoder: widths have 128 and do not scale by 1/3");
  }
  SECTION("another kind of network") {
    config.decoder = "sd-vae-encoder";
    refused(config, "stage.decoder is \"sd-vae-encoder\"; allowed: an architecture of kind vae_decoder");
  }
  SECTION("two encoders") {
    config.start = "somewhere";
    config.encoder = "sd-vae-encoder";
    refused(config, "with stage.start the encoder is that model's");
  }
  SECTION("no teacher") {
    config.target = DecoderTarget::teacher;
    refused(config, "name the teacher's model folder in stage.start");
  }
  SECTION("latents without a teacher") {
    config.latents = "x.safetensors";
    refused(config, "allowed: with stage.target teacher");
  }
  SECTION("crops that are too small for patches") {
    config.crop = 16;
    config.discriminator.weight = 1;
    refused(config, "stage.crop is 16; stage.discriminator reads pictures of at least 24");
  }
  SECTION("halves of differing latents") {
    config.start = model("three", 3);
    refused(config, "the encoder makes latents 3x12x12, the decoder reads 2x12x12");
  }
}
