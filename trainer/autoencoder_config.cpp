#include "trainer/autoencoder_config.h"

#include <algorithm>

#include "networks/network_spec.h"
#include "trainer/patch_discriminator.h"

namespace mds {
namespace {

template <class Half>
Half narrowed_half(Half half, int64_t divisor) {
  for (auto& width : half.widths) {
    if (width % divisor != 0)
      throw ConfigError("widths have " + std::to_string(width) + " and do not scale by 1/" + std::to_string(divisor) +
                        "; allowed: its divisors");
    width /= divisor;
  }
  half.groups = std::max<int64_t>(1, half.groups / divisor);
  return half;
}

template <class Half>
Half named_half(const std::string& field, const std::string& name, const AutoencoderConfig& config, int64_t side) {
  const NetworkSpec loaded = load_network(name);
  if (!std::holds_alternative<Half>(loaded))
    throw ConfigError("stage." + field + " is \"" + name + "\"; allowed: an architecture of kind " +
                      std::string(Half::kind));
  try {
    Half half = narrowed(std::get<Half>(loaded), config.width_divisor);
    half.size = side;
    return half;
  } catch (const ConfigError& error) {
    throw ConfigError("stage.width_divisor: " + name + ": " + error.what());
  }
}

void require(bool fits, const std::string& message) {
  if (!fits) throw ConfigError("stage." + message);
}

}  // namespace

EncoderSpec narrowed(EncoderSpec spec, int64_t divisor) { return narrowed_half(std::move(spec), divisor); }
DecoderSpec narrowed(DecoderSpec spec, int64_t divisor) { return narrowed_half(std::move(spec), divisor); }

EncoderSpec encoder_of(const AutoencoderConfig& config, int64_t side) {
  if (!config.encoder.empty()) return named_half<EncoderSpec>("encoder", config.encoder, config, side);
  return {.size = side,
          .latent_channels = config.latent_channels,
          .widths = config.widths,
          .blocks = config.encoder_blocks,
          .mid_blocks = config.mid_blocks,
          .groups = config.groups};
}

DecoderSpec decoder_of(const AutoencoderConfig& config, int64_t side) {
  if (!config.decoder.empty()) return named_half<DecoderSpec>("decoder", config.decoder, config, side);
  return {.size = side,
          .latent_channels = config.latent_channels,
          .widths = config.widths,
          .blocks = config.decoder_blocks,
          .mid_blocks = config.mid_blocks,
          .groups = config.groups};
}

void check(const AutoencoderConfig& config) {
  require(config.crop <= config.size,
          "crop is " + std::to_string(config.crop) + "; allowed: at most stage.size, " + std::to_string(config.size));
  require(config.width_divisor == 1 || !config.encoder.empty() || !config.decoder.empty(),
          "width_divisor divides the widths of stage.encoder and stage.decoder; name one of them");
  require(config.start.empty() || config.encoder.empty(),
          "encoder is \"" + config.encoder + "\"; with stage.start the encoder is that model's: leave it out");
  require(config.target == DecoderTarget::pictures || !config.start.empty(),
          "target is teacher; name the teacher's model folder in stage.start");
  require(config.latents.empty() || config.target == DecoderTarget::teacher,
          "latents have no pictures to be compared with; allowed: with stage.target teacher");
  require(config.discriminator.weight == 0 || config.crop >= PatchDiscriminator::least_side,
          "crop is " + std::to_string(config.crop) + "; stage.discriminator reads pictures of at least " +
              std::to_string(PatchDiscriminator::least_side));
}

}  // namespace mds
