// Draws an iteration's batch for the stages that train a UNet: latents, noise, timesteps, captions.
#pragma once

#include "trainer/latents.h"
#include "trainer/stage.h"

namespace mds {

// On the CPU, float32 but for the timesteps.
struct LatentBatch {
  Tensor x0_NCHW, noise_NCHW;
  Tensor t_N;  // int64
  Tensor text_NSC;

  static void for_each(auto& self, auto&& visit) {
    visit("x0", self.x0_NCHW);
    visit("noise", self.noise_NCHW);
    visit("t", self.t_N);
    visit("text", self.text_NSC);
  }
};

// The examples of a turn's share from a reader, and where they stand in the batch.
inline Share share_of(const Turn& turn, int64_t batch) { return turn.share.value_or(Share{0, batch}); }

// `count` rows of which those from `first` on are given; the others are zeros.
Tensor among_zeros(const Tensor& rows, int64_t first, int64_t count);

class LatentFeed {
 public:
  // The latents must outlive the feed. ConfigError where every pair is held out.
  LatentFeed(const LatentSource& latents, int64_t batch, uint64_t seed);

  // Timesteps are uniform on 0 .. choices - 1; a share `caption_dropout` of the captions is replaced by the empty one.
  // Latents and captions outside the turn's share are not read, and are of zeros.
  LatentBatch next(const Turn& turn, int64_t choices, double caption_dropout);
  Tensor empty_text() const;  // float32 1 x S x W, on the CPU

 private:
  LatentRows rows_of(const Turn& turn);

  const LatentSource& latents_;
  int64_t batch_;
  std::unique_ptr<LatentReader> reader_;
};

}  // namespace mds
