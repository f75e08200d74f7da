// The two halves of an autoencoder, of factor 8 per three levels: pictures to moments of a latent, latents to pictures.
#pragma once

#include <optional>

#include "networks/plan.h"
#include "spec/describe.h"

namespace mds {

// The fields that both halves have.
void describe_half(auto& self, auto&& field) {
  field("size", self.size, "rows of the picture", between(1, 16384));
  field("size_width", self.size_width, "columns of the picture; 0: as many as rows", later(between(0, 16384)));
  field("latent_channels", self.latent_channels, "channels of the latent", between(1, 1024));
  field("widths", self.widths, "channels of each level, outermost first", between(1, 65536));
  field("blocks", self.blocks, "residual blocks in each level", between(0, 64));
  field("mid_blocks", self.mid_blocks, "residual blocks in the middle", between(0, 64));
  field("groups", self.groups, "largest number of groups of the group norms; one channel a group would erase its mean",
        between(1, 1024));
  field("mid_attention", self.mid_attention,
        "function of the attention over the whole map behind the first block of the middle; null: no attention",
        later());
}

// The latent's shape for a picture, `factor` times smaller; ConfigError where factor does not divide both sides.
Shape latent_of(const auto& spec, int64_t factor, std::string_view what) {
  const Extent picture = extent_of(spec);
  require_divides(what, factor, picture.height);
  require_divides(what, factor, picture.width);
  return Shape::map(spec.latent_channels, picture.height / factor, picture.width / factor);
}

// Picture 3 x height x width in [-1, 1] to `moments`, 2 * latent_channels: the mean, then the log variance.
struct EncoderSpec {
  static constexpr std::string_view kind = "vae_encoder";
  int64_t size = 512;
  int64_t size_width = 0;
  int64_t latent_channels = 8;
  std::vector<int64_t> widths{128, 256, 512, 512};
  int64_t blocks = 2;
  int64_t mid_blocks = 2;
  int64_t groups = most_norm_groups;
  std::optional<AttentionFunction> mid_attention{};
  Padding downsample_padding = Padding::same;
  bool operator==(const EncoderSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    describe_half(self, field);
    field("downsample_padding", self.downsample_padding,
          "where zeros are added before a map is halved: same (all sides) or after (below and right)", later());
  }
};

// Latent to `sample`, a picture 3 x height x width in [-1, 1] (not clamped).
struct DecoderSpec {
  static constexpr std::string_view kind = "vae_decoder";
  int64_t size = 512;
  int64_t size_width = 0;
  int64_t latent_channels = 8;
  std::vector<int64_t> widths{128, 256, 512, 512};
  int64_t blocks = 3;
  int64_t mid_blocks = 2;
  int64_t groups = most_norm_groups;
  std::optional<AttentionFunction> mid_attention{};
  bool operator==(const DecoderSpec&) const = default;

  static void describe(auto& self, auto&& field) { describe_half(self, field); }
};

Plan make_plan(const EncoderSpec& spec);
Plan make_plan(const DecoderSpec& spec);

}  // namespace mds
