// Decodes a latent in overlapping tiles, so that memory depends on the tile and not on the picture.
//
// A tile differs from the same part of the whole picture where its missing surroundings have an influence. In a decoder
// of convolutions alone (TAESD) the influence is bounded: with an overlap of twice this reach, tiles equal the whole
// picture to float rounding. Group norms and attention (Stable Diffusion's and the paper's decoders) read the whole
// map, so each tile has its own statistics and NO overlap gives the whole picture: neighbours differ in tone, which the
// ramp between them hides, and the difference shrinks with larger tiles. With weights/emoji-autoencoder, emoji of 512
// px in tiles of 32 with the default overlap differ by 1 level of 255 on average and 22 at most; by up to 150 without
// overlap. Pictures unlike the training set differ more, stripes by 12 on average.
#pragma once

#include <cstdint>
#include <optional>

#include "networks/network.h"

namespace mds {

struct TileOptions {
  int64_t tile = 0;                  // side in latent pixels; 0, or at least the latent's side: one tile
  std::optional<int64_t> overlap{};  // latent pixels that neighbouring tiles share; absent: see default_overlap()
};

// How far from a pixel, in pixels of the plan's input, its surroundings influence the output: the half of every kernel
// beyond its centre, summed over the layers at their scales.
struct Reach {
  int64_t pixels = 0;
  bool global = false;  // also everywhere, by group norms or attention; `pixels` is for convolutions
};
Reach reach_of(const Plan& plan);

// Twice the reach; where it is global, at most half of the tile. Smaller overlaps are cheaper, but visible.
int64_t default_overlap(const Reach& reach, int64_t tile);

// ConfigError names a tile or an overlap that a decoder of this plan does not allow, with the range.
void check_tiles(const Plan& plan, const TileOptions& options);

// The decoder's output N x 3 x H x W for latents N x C x h x w of the plan's size, on the CPU in float32. On each side
// of the overlap, what surroundings influence is dropped (up to half of it), and the rest is a linear ramp between the
// tiles. ConfigError: see check_tiles.
Tensor decode_tiled(const Network& decoder, const Tensor& latent_NCHW, const TileOptions& options);

}  // namespace mds
