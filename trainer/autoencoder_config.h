// What an autoencoder's training is given: its structure, the weights to start from, and the terms of its loss.
#pragma once

#include "networks/autoencoder.h"
#include "trainer/optimizer.h"

namespace mds {

// A loss beside the squared error: how different two pictures look to a classifier (pipeline/perceptual.h).
struct PerceptualConfig {
  std::string network;
  std::string weights;
  double weight = 1;
  bool operator==(const PerceptualConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("network", self.network, "comparing network: lpips-vgg, lpips-alex or efficientnet-lite0; empty: no loss");
    field("weights", self.weights, "file of the comparing network's weights; empty: where scripts/setup.sh puts them");
    field("weight", self.weight, "factor of the perceptual loss beside the mean squared error", between(0, 1e6));
  }
};

// A patch discriminator with hinge loss, and its share of the decoder's gradient.
struct PatchAdversaryConfig {
  double weight = 0;
  int64_t width = 64;
  int64_t after = 0;
  int64_t every = 1;
  double lr = 1e-4;
  double beta1 = 0.5;
  double beta2 = 0.9;
  bool operator==(const PatchAdversaryConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("weight", self.weight,
          "factor of the adversarial loss, beside the adaptive one that makes it as steep as the other losses at the "
          "decoder's last layer; 0: no discriminator",
          between(0, 1e6));
    field("width", self.width, "channels behind the discriminator's first layer", between(1, 1024));
    field("after", self.after, "iterations before the discriminator and its loss begin", at_least(0));
    field("every", self.every, "iterations of the autoencoder for one of the discriminator", at_least(1));
    field("lr", self.lr, "learning rate of the discriminator", between(0, 10));
    field("beta1", self.beta1, "AdamW's decay of the gradient's moving average", adamw_decay);
    field("beta2", self.beta2, "AdamW's decay of the squared gradient's moving average", adamw_decay);
  }
};

// What the decoder should produce. pictures: the encoded pictures. teacher: what the decoder of `start` makes of the
// same latents (SnapFusion, arXiv 2306.00980).
enum class DecoderTarget : uint8_t { pictures, teacher };
template <>
struct EnumNames<DecoderTarget> {
  static constexpr std::array names{"pictures", "teacher"};
};

struct AutoencoderConfig {
  static constexpr std::string_view kind = "autoencoder";
  std::vector<std::string> data{"noto"};
  double held_out = 0;
  int64_t size = 128;
  int64_t crop = 64;
  int64_t latent_channels = 8;
  std::vector<int64_t> widths{16, 32, 64, 128};
  int64_t encoder_blocks = 1;
  int64_t decoder_blocks = 2;
  int64_t mid_blocks = 1;
  int64_t groups = 4;
  double kl_weight = 1e-5;
  std::string encoder{};
  std::string decoder{};
  int64_t width_divisor = 1;
  std::string start{};
  DecoderTarget target = DecoderTarget::pictures;
  std::string latents{};
  PerceptualConfig perceptual{};
  PatchAdversaryConfig discriminator{};
  bool operator==(const AutoencoderConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("data", self.data, "data sets or folders of pictures; what they hold out is never trained on");
    field(
        "held_out", self.held_out,
        "share of the pictures that is never trained on, chosen by the hashes of their captions, where a data set has "
        "no split of its own",
        later(between(0, 0.9)));
    field("size", self.size, "side in pixels that pictures are resized to", between(8, 4096));
    field("crop", self.crop, "side in pixels of the random crops that are trained on", between(8, 4096));
    field("latent_channels", self.latent_channels, "channels of the latent", between(1, 64));
    field("widths", self.widths, "channels of each level, outermost first", between(1, 4096));
    field("encoder_blocks", self.encoder_blocks, "residual blocks in each level of the encoder", between(0, 16));
    field("decoder_blocks", self.decoder_blocks, "residual blocks in each level of the decoder", between(0, 16));
    field("mid_blocks", self.mid_blocks, "residual blocks in the middle of each half", between(0, 16));
    field("groups", self.groups, "largest number of groups of the group norms", between(1, 1024));
    field("kl_weight", self.kl_weight, "factor of a latent element's mean KL, beside the mean squared error in [-1, 1]",
          at_least(0));
    field("encoder", self.encoder, "shipped name or JSON file of the encoder; empty: by widths and blocks", later());
    field("decoder", self.decoder, "shipped name or JSON file of the decoder; empty: by widths and blocks", later());
    field("width_divisor", self.width_divisor,
          "divisor of widths and groups of the networks in encoder and decoder; 1: full scale", later(between(1, 64)));
    field("start", self.start, "model folder whose encoder is kept as it is: the decoder alone is trained, without KL",
          later());
    field("target", self.target,
          "what the decoder is to return: pictures, or (teacher) what the decoder of start returns", later());
    field("latents", self.latents,
          "with target teacher, file of latents in place of encoded pictures: cached ones, or drawn ones (N x C x H x "
          "W, named \"latents\")",
          later());
    field("perceptual", self.perceptual, "perceptual loss: how far apart pictures look to a classifier", later());
    field("discriminator", self.discriminator, "discriminator of decoded pictures, and its adversarial loss", later());
  }
};

// Every width divided by `divisor` (ConfigError where one does not divide). The number of groups is divided too, so
// that a group keeps its channels.
EncoderSpec narrowed(EncoderSpec spec, int64_t divisor);
DecoderSpec narrowed(DecoderSpec spec, int64_t divisor);

// The half for pictures of `side`. ConfigError where a named architecture is not such a half or cannot be narrowed.
EncoderSpec encoder_of(const AutoencoderConfig& config, int64_t side);
DecoderSpec decoder_of(const AutoencoderConfig& config, int64_t side);

// ConfigError names a field whose value conflicts with others.
void check(const AutoencoderConfig& config);

}  // namespace mds
