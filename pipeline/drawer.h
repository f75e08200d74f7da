// From noise to pictures: seeded noise, a sampler with classifier-free guidance, and the decoder. Models draw with it,
// trainings are evaluated with it, and its parts are timed.
#pragma once

#include "pipeline/adapter.h"
#include "pipeline/model.h"
#include "pipeline/sampler.h"
#include "pipeline/tiles.h"

namespace mds {

// What a UNet reads of texts, and whose text each picture has.
struct PictureTexts {
  Conditioning rows;  // one row per text, without timesteps; row 0 is the text that guidance, if any, steers away from
  Tensor chosen_N;    // int64: the row of each picture
  LoadedControls controls{};  // for all pictures or one row a picture; both sides of the guidance have them
};

// The rows of texts that guidance needs for each picture: its own row, row 0, or both, one after the other.
Tensor guided_rows(const Tensor& chosen_N, const SamplerConfig& sampler);

struct Drawer {
  Diffusion diffusion;
  SamplerConfig sampler;
  LatentScale scale;
  // Whether on a CPU each picture is a call of the UNet of its own. The number of rows of a matrix product changes its
  // rounding, so a picture is then the same to the byte in every batch; one picture of a large UNet keeps all cores
  // busy.
  bool one_by_one = false;
  double grounding = 1;  // the share of the steps, the first ones, in which a layout of the texts is read
  InitLatents init{};    // what drawing begins with; default: noise alone

  // The guided output for these pictures; both sides of a picture are rows of one call. The UNet must outlive it.
  Denoiser denoiser(const Network& unet, const PictureTexts& texts) const;

  // Latents of the UNet, float32 N x C x H x W on the CPU, from the noise of one seed per picture. Calls `stepped`
  // after each sampling step. Errors: see sample().
  Tensor latents(const Network& unet, const PictureTexts& texts, const std::vector<uint64_t>& seeds,
                 const std::function<void()>& stepped = {}) const;

  // uint8 N x 3 x H x W on the CPU from latents of the UNet. Errors: see decode_latents().
  Tensor pictures(const Network& decoder, const Tensor& latents_NCHW, const TileOptions& tiles = {}) const;
};

}  // namespace mds
