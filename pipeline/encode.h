// Runs the networks around a UNet: pictures to latents and back, texts and pictures to embeddings. Everything runs in
// batches and without gradients; pictures are uint8 N x 3 x H x W. Results are on the CPU, whatever device the networks
// are on.
#pragma once

#include "pipeline/model.h"
#include "pipeline/tiles.h"

namespace mds {

// To [-1, 1] and back (clamped, rounded).
Tensor to_signed(const Tensor& pictures_u8);
Tensor to_pictures(const Tensor& signed_NCHW);

// Mean and deviation of a posterior's moments N x 2C x H x W; the log variance is clamped to [-30, 20].
struct Posterior {
  Tensor mean, std;
  const Tensor& mode() const { return mean; }
  Tensor sample(const Tensor& noise) const;  // mean + std * noise; noise is standard normal, sized like mean
};
Posterior posterior(const Tensor& moments);  // both float32 N x C x H x W

Tensor encode_pictures(const Network& encoder, const Tensor& pictures_u8);  // moments

// uint8 pictures from raw latents N x C x H x W, decoded whole or in tiles. std::runtime_error where the decoder's
// output is not finite.
Tensor decode_latents(const Network& decoder, const Tensor& latents, const TileOptions& tiles = {});

// Mean and deviation of each channel over posterior samples, from moments N x 2C x H x W with N at least 1. A deviation
// is at least least_deviation.
LatentScale measure_scale(const Tensor& moments);

// Scales rows to length 1.
Tensor unit(const Tensor& x_NE);

// Red, green and blue in 0..1, normalised as the image tower expects.
Tensor standardised(const Tensor& x_01, const ImageNormalisation& normalisation);

// The same from uint8 pictures of any size, resized to size x size (antialiased bicubic).
Tensor normalised(const Tensor& pictures_u8, int64_t size, const ImageNormalisation& normalisation);

// Unit rows, N x projection, from float32 N x 3 x size x size.
Tensor embed_pictures(const Network& image_tower, const Tensor& normalised_pictures);

// Texts as padded ids N x T and the position of each text's end token.
struct TokenBatch {
  Tensor ids_NT, end_N;
};

struct TextFeatures {
  Tensor states_NSC;  // last_hidden_state
  Tensor embeds_NE;   // unit rows; undefined without a projection
};
TextFeatures embed_texts(const Network& text_tower, const TokenBatch& tokens);

}  // namespace mds
