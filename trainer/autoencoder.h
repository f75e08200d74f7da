// Trains an autoencoder on random crops, with squared error, KL to the unit Gaussian, perceptual and adversarial loss
// (the paper, section 4.1); or only a decoder behind a frozen encoder.
#pragma once

#include "pipeline/encode.h"
#include "pipeline/perceptual.h"
#include "trainer/autoencoder_config.h"
#include "trainer/feed.h"
#include "trainer/latent_file.h"
#include "trainer/patch_discriminator.h"

namespace mds {

struct AutoencoderBatch {
  Tensor pictures_NCHW{};  // uint8
  Tensor noise_NCHW{};     // of the posterior
  Tensor latents_NCHW{};   // in place of pictures and noise, where the stage trains on a file of latents
  Tensor adversarial{};    // one number, defined where this iteration has the adversarial loss

  static void for_each(auto& self, auto&& visit) {
    visit("pictures", self.pictures_NCHW);
    visit("noise", self.noise_NCHW);
    visit("latents", self.latents_NCHW);
    visit("adversarial", self.adversarial);
  }
};

class AutoencoderStage final : public StageOf<AutoencoderBatch> {
 public:
  // The feed gives pictures of config.size. `perceptual` is the distance of config.perceptual, or empty.
  AutoencoderStage(const AutoencoderConfig& config, const LoopConfig& loop, std::shared_ptr<PictureFeed> feed,
                   PerceptualDistance perceptual = {});
  AutoencoderStage(const AutoencoderConfig& config, const LoopConfig& loop, Tensor pictures_NCHW,
                   PerceptualDistance perceptual = {});
  TensorMap weights() const override;  // "vae_encoder.*" unless it is frozen, "vae_decoder.*"
  AutoencoderBatch draw(const Turn& turn) override;
  Tensor loss(const AutoencoderBatch& batch, const Observer& observer) override;
  std::string needs_whole_batch() const override;
  bool asks_others() const override { return true; }
  StageCard card() const override;
  PictureFeed* feed() override { return feed_.get(); }
  std::optional<Adversary> adversary() override;

  const EncoderSpec& encoder() const { return encoder_spec_; }  // for pictures of config.size
  const DecoderSpec& decoder() const { return decoder_spec_; }

 private:
  // Trains the discriminator against the stage.
  class Opponent final : public StageOf<AutoencoderBatch> {
   public:
    explicit Opponent(AutoencoderStage& stage) : stage_(stage) {}
    TensorMap weights() const override { return stage_.discriminator_->weights(); }
    AutoencoderBatch draw(const Turn& turn) override { return stage_.draw(turn); }
    Tensor loss(const AutoencoderBatch& batch, const Observer& observer) override;
    // Both sides read the same feed at the same iteration, so this side must not ask for later examples.
    PictureFeed* feed() override { return stage_.feed(); }

   private:
    AutoencoderStage& stage_;
  };

  // The results of one pass through both halves.
  struct Pass {
    Tensor wanted_NCHW, decoded_NCHW;
    Tensor kl;  // undefined where the encoder is frozen
  };
  Pass pass(const AutoencoderBatch& batch, const Observer& observer) const;

  AutoencoderConfig config_;
  std::shared_ptr<PictureFeed> feed_;
  std::optional<LatentFile> latents_;
  PerceptualDistance perceptual_;
  EncoderSpec encoder_spec_;
  DecoderSpec decoder_spec_;
  NetworkPtr encoder_, decoder_;
  NetworkPtr teacher_;  // null unless the target is teacher
  std::optional<PatchDiscriminator> discriminator_;
  RanksPtr ranks_;
  Opponent opponent_{*this};
};

}  // namespace mds
