// Decoding a latent in overlapping tiles, so that memory follows the tile and not the picture.
//
// A tile differs from the same part of the whole picture where its missing surroundings reach. In a decoder of
// convolutions alone (TAESD) they reach a bounded way: with an overlap of twice the reach, tiles equal the whole
// picture to float rounding. Group norms and attention (Stable Diffusion's and the paper's decoders) read the whole
// map, so each tile has statistics of its own and NO overlap gives the whole picture: neighbours differ in tone, which
// the ramp between them hides, and the difference shrinks as tiles grow. With weights/emoji-autoencoder, emoji of 512
// px in tiles of 32 with the default overlap differ by 1 level of 255 on average and 22 at most, by up to 150 without
// overlap; pictures unlike those it was trained on differ more, stripes by 12 on average.
#pragma once

#include <cstdint>
#include <optional>

#include "networks/network.h"

namespace mds {

struct TileOptions {
  int64_t tile = 0;                  // side in latent pixels; 0, or the latent's side and more: the whole at once
  std::optional<int64_t> overlap{};  // latent pixels that neighbouring tiles share; absent: see default_overlap()
};

// How far, in pixels of the plan's input, what surrounds a pixel decides what the network draws in its place: half of
// every kernel beyond its centre, summed over the layers at their scales.
struct Reach {
  int64_t pixels = 0;
  bool global = false;  // group norms or attention reach everywhere; `pixels` is the convolutions' part
};
Reach reach_of(const Plan& plan);

// Twice the reach; for a global one at most half of the tile. Smaller overlaps are cheaper, and show.
int64_t default_overlap(const Reach& reach, int64_t tile);

// ConfigError names a tile or an overlap that a decoder of this plan does not allow, with the range.
void check_tiles(const Plan& plan, const TileOptions& options);

// The decoder's output N x 3 x H x W for latents N x C x h x w of the plan's size, on the CPU in float32. Each side of
// the overlap is dropped as far as surroundings reach (up to its half), and the rest is a linear ramp between the
// tiles. ConfigError: see check_tiles.
Tensor decode_tiled(const Network& decoder, const Tensor& latent_NCHW, const TileOptions& options);

}  // namespace mds
