// Training of an autoencoder: squared error, KL to the unit Gaussian, on random crops.
#pragma once

#include "networks/autoencoder.h"
#include "pipeline/encode.h"
#include "trainer/feed.h"

namespace mds {

struct AutoencoderConfig {
  static constexpr std::string_view kind = "autoencoder";
  std::vector<std::string> data{"noto"};
  int64_t size = 128;
  int64_t crop = 64;
  int64_t latent_channels = 8;
  std::vector<int64_t> widths{16, 32, 64, 128};
  int64_t encoder_blocks = 1;
  int64_t decoder_blocks = 2;
  int64_t mid_blocks = 1;
  int64_t groups = 4;
  double kl_weight = 1e-5;
  bool operator==(const AutoencoderConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("data", self.data, "data sets; held-out pairs are never trained on");
    field("size", self.size, "side the pictures are resized to", between(8, 4096));
    field("crop", self.crop, "side of the random crops trained on", between(8, 4096));
    field("latent_channels", self.latent_channels, "of the latent", between(1, 64));
    field("widths", self.widths, "channels of each level, outermost first", between(1, 4096));
    field("encoder_blocks", self.encoder_blocks, "residual blocks a level", between(0, 16));
    field("decoder_blocks", self.decoder_blocks, "residual blocks a level", between(0, 16));
    field("mid_blocks", self.mid_blocks, "residual blocks in the middle", between(0, 16));
    field("groups", self.groups, "of the group norms, at most", between(1, 1024));
    field("kl_weight", self.kl_weight, "of the mean KL a latent element, beside the mean squared error in [-1, 1]",
          at_least(0));
  }
  EncoderSpec encoder(int64_t side) const {
    return {side, latent_channels, widths, encoder_blocks, mid_blocks, groups};
  }
  DecoderSpec decoder(int64_t side) const {
    return {side, latent_channels, widths, decoder_blocks, mid_blocks, groups};
  }
};

class AutoencoderStage final : public Stage {
 public:
  // The feed gives pictures of config.size.
  AutoencoderStage(const AutoencoderConfig& config, const LoopConfig& loop, std::shared_ptr<PictureFeed> feed);
  AutoencoderStage(const AutoencoderConfig& config, const LoopConfig& loop, Tensor pictures_NCHW);
  TensorMap weights() const override;  // "vae_encoder.*", "vae_decoder.*"
  TensorMap batch(const Turn& turn) override;
  Tensor loss(const TensorMap& batch, const Observer& observer) override;
  PictureFeed* feed() override { return feed_.get(); }

 private:
  AutoencoderConfig config_;
  std::shared_ptr<PictureFeed> feed_;
  NetworkPtr encoder_, decoder_;
};

}  // namespace mds
