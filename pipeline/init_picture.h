// Pictures that drawing begins with, and the networks that turn them into latents.
#pragma once

#include <optional>
#include <string>

#include "pipeline/init_latents.h"
#include "pipeline/packed_part.h"
#include "pipeline/sized_picture.h"

namespace mds {

struct InitFiles {
  std::string picture{};
  std::string mask{};     // white where the picture is drawn anew, black where it is kept; empty: all is drawn
  std::string encoder{};  // model folder that encodes it; empty: see find_encoder
  std::optional<double> strength{};  // share of the steps; none: usual_strength, or with a mask 1

  bool given() const { return !picture.empty(); }
};
inline constexpr double usual_strength = 0.8;

struct InitPicture {
  Tensor picture_1CHW;    // uint8
  Tensor drawn_11HW;      // bool; undefined: all is drawn
  std::string encoder{};  // as in InitFiles
  double strength = 1;
  std::string hash{};  // SHA-256 of picture, mask and named encoder
};

// At the size of the pictures that are drawn; `told` hears of a resized picture, with which its mask is resized. A
// mask's pixel is drawn from the middle grey on. ConfigError where the mask has another size than the picture or
// nothing is drawn; FileError where a file is no picture.
InitPicture load_init(const InitFiles& files, Extent pixels, const Notice& told = {});

struct EncoderPart {
  std::string folder;
  EncoderSpec spec;  // at the size that the model draws
};

// The encoder of a model folder's latents: of the folder `asked`, else the model's own, else that of the autoencoder
// with which its card says that it was trained. ConfigError where there is none, and where it makes other latents.
EncoderPart find_encoder(const std::string& folder, const ModelCard& card, const std::string& asked = {});

// The picture in the UNet's latents: the most likely ones, not a sample. A latent is drawn where the upper left of its
// pixels is, as in diffusers. ConfigError where the picture has another size than the encoder.
InitLatents encode_init(const InitPicture& init, const EncoderPart& encoder, const LatentScale& scale,
                        const PartLoading& loading = {});

}  // namespace mds
