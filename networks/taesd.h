// TAESD (madebyollin/taesd), a tiny autoencoder of factor 8 for previews, and the decoders a model folder may have.
// Its latents are those of the UNet: a model that decodes with TAESD has a latent scale of mean 0 and deviation 1.
// Pictures lie in [-1, 1] as in every network here; the convolutions at the ends convert to and from TAESD's [0, 1].
#pragma once

#include <type_traits>
#include <variant>

#include "networks/autoencoder.h"

namespace mds {

// The fields that both halves have.
void describe_taesd(auto& self, auto&& field) {
  field("size", self.size, "rows of the picture, a multiple of 8", between(8, 16384));
  field("size_width", self.size_width, "columns of the picture, a multiple of 8; 0: as many as rows",
        later(between(0, 16384)));
  field("latent_channels", self.latent_channels, "channels of the latent", between(1, 1024));
  field("width", self.width, "channels of every inner map", between(1, 65536));
  field("blocks", self.blocks, "residual blocks in each level but the outermost, which has one", between(0, 64));
}

// Picture 3 x height x width in [-1, 1] to `latent`. There are no moments, because TAESD has no posterior.
struct TaesdEncoderSpec {
  static constexpr std::string_view kind = "taesd_encoder";
  int64_t size = 512;
  int64_t size_width = 0;
  int64_t latent_channels = 4;
  int64_t width = 64;
  int64_t blocks = 3;
  bool operator==(const TaesdEncoderSpec&) const = default;

  static void describe(auto& self, auto&& field) { describe_taesd(self, field); }
};

// Latent to `sample`, a picture 3 x height x width in [-1, 1] (not clamped).
struct TaesdDecoderSpec {
  static constexpr std::string_view kind = "taesd_decoder";
  int64_t size = 512;
  int64_t size_width = 0;
  int64_t latent_channels = 4;
  int64_t width = 64;
  int64_t blocks = 3;
  bool operator==(const TaesdDecoderSpec&) const = default;

  static void describe(auto& self, auto&& field) { describe_taesd(self, field); }
};

Plan make_plan(const TaesdEncoderSpec& spec);
Plan make_plan(const TaesdDecoderSpec& spec);

enum class DecoderKind : uint8_t { vae_decoder, taesd_decoder };
template <>
struct EnumNames<DecoderKind> {
  static constexpr std::array names{DecoderSpec::kind, TaesdDecoderSpec::kind};
};

// The decoder of a model folder, of either kind. The JSON of a DecoderSpec leaves out its kind, as it did when no other
// kind existed.
struct LatentDecoderSpec : std::variant<DecoderSpec, TaesdDecoderSpec> {
  using variant::variant;
  bool operator==(const LatentDecoderSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    auto kind = DecoderKind(self.index());
    field("kind", kind, "kind of the decoder", later());
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(self)>>)
      if (kind != DecoderKind(self.index())) self = made(kind);
    std::visit([&](auto& spec) { spec.describe(spec, field); }, self);
  }

  // The extent of the decoded picture.
  Extent extent() const {
    return std::visit([](const auto& spec) { return extent_of(spec); }, *this);
  }

 private:
  static LatentDecoderSpec made(DecoderKind kind) {
    return kind == DecoderKind::vae_decoder ? LatentDecoderSpec(DecoderSpec{}) : LatentDecoderSpec(TaesdDecoderSpec{});
  }
};

Plan make_plan(const LatentDecoderSpec& spec);

}  // namespace mds
