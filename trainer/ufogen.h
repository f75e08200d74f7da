// Finetunes a diffusion model with an adversary to draw in one step (UFOGen, arXiv 2311.09257; the paper, section 4.2):
// the generator's x0 is noised again, distinguished from noised real latents, and regressed on the real x0.
#pragma once

#include "trainer/captioned_latents.h"
#include "trainer/contest.h"
#include "trainer/discriminator.h"
#include "trainer/latent_feed.h"
#include "trainer/real_latents.h"
#include "trainer/unet_stage.h"

namespace mds {

// Weight of the squared error of x0: snr makes it the squared error of epsilon, snr_plus_one that of v.
enum class Reconstruction : uint8_t { snr, snr_plus_one };
template <>
struct EnumNames<Reconstruction> {
  static constexpr std::array names{"snr", "snr_plus_one"};
};

struct AdversaryConfig {
  DiscriminatorKind discriminator = DiscriminatorKind::unet;
  double lr = 1e-4;
  double beta1 = 0;
  int64_t every = 2;
  double clamp = 0.5;
  std::string features{};
  ContestConfig contest;
  bool operator==(const AdversaryConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field(
        "discriminator", self.discriminator,
        "unet: a trained copy of the generator; heads: heads on a frozen copy; projected: heads on a classifier's maps "
        "of decoded pictures, which reads no captions");
    field("lr", self.lr, "learning rate of the discriminator", between(0, 10));
    field("beta1", self.beta1, "AdamW's decay of the gradient's moving average", adamw_decay);
    field("every", self.every, "iterations of the generator for one of the discriminator", at_least(1));
    field("clamp", self.clamp, "margin beyond which a logit on the right side gives no gradient", at_least(0));
    field("features", self.features, "file with weights of EfficientNet-Lite0, for a projected discriminator", later());
    ContestConfig::describe(self.contest, field);
  }
};

struct UfogenConfig {
  static constexpr std::string_view kind = "ufogen";
  std::string start = "out/train/emoji-md-8/model";
  LatentData data;
  RealConfig real;
  int64_t delta = 250;
  int64_t floor = 0;
  double pure_noise = 0.1;
  Reconstruction reconstruction = Reconstruction::snr;
  double reconstruction_weight = 1;
  double adversarial_weight = 1;
  AdversaryConfig adversary;
  std::string captions{};
  bool operator==(const UfogenConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("start", self.start, "model folder of the generator's first weights");
    LatentData::describe(self.data, field);
    RealConfig::describe(self.real, field);
    field("delta", self.delta, "timesteps between the generator's input and what the discriminator sees",
          between(1, 100000));
    field("floor", self.floor, "smallest timestep that the discriminator sees", between(0, 99999));
    field("pure_noise", self.pure_noise,
          "share of the generator's inputs that are noise without signal at the last timestep, as in one-step drawing; "
          "with real data these have the adversarial loss alone",
          between(0, 1));
    field("reconstruction", self.reconstruction, "weight of x0's squared error by timestep: snr or snr_plus_one");
    field("reconstruction_weight", self.reconstruction_weight,
          "factor of x0's squared error beside the adversarial loss", between(0, 1e6));
    field("adversarial_weight", self.adversarial_weight,
          "factor of the generator's adversarial loss; 0: there is no discriminator", between(0, 1e6));
    field("adversary", self.adversary, "discriminator and its training");
    field("captions", self.captions, captions_help, later());
  }
};

// What `delta` means on a schedule: the noise at the generator's last timestep and at the discriminator's below it.
struct NoiseGap {
  int64_t t, t_less;
  double snr, snr_less;  // a^2 / s^2
};
NoiseGap noise_gap(const NoiseSchedule& schedule, const UfogenConfig& config);

// t_N is the generator's timestep.
struct UfogenBatch : LatentBatch {
  Tensor is_pure_N111{};  // bool: whether the generator's input is pure noise
  Sight sight{};          // at the discriminator's timestep

  static void for_each(auto& self, auto&& visit) {
    LatentBatch::for_each(self, visit);
    visit("pure", self.is_pure_N111);
    Sight::for_each(self.sight, visit);
  }
};

class UfogenStage final : public StageOf<UfogenBatch> {
 public:
  UfogenStage(const UfogenConfig& config, const LoopConfig& loop, const LatentSource& latents);
  TensorMap weights() const override { return trained_weights(*unet_); }
  UfogenBatch draw(const Turn& turn) override { return drawn_from(feed_, turn); }
  Tensor loss(const UfogenBatch& batch, const Observer& observer) override;
  std::optional<Adversary> adversary() override;

  StageCard card() const override;

 private:
  // What tells drawn from real, and trains by it.
  struct Rival {
    Discriminator discriminator;
    Contest contest;
  };
  static std::unique_ptr<Rival> rival_for(const UfogenConfig& config, const Predecessor& start, const LoopConfig& loop,
                                          const LatentSource& latents);

  // Trains the discriminator against the stage.
  class Opponent final : public StageOf<UfogenBatch> {
   public:
    Opponent(UfogenStage& stage, const LoopConfig& loop, const LatentSource& latents);
    TensorMap weights() const override { return stage_.rival_->discriminator.weights(); }
    UfogenBatch draw(const Turn& turn) override {
      return stage_.drawn_from(feed_, turn, turn.iteration / stage_.config_.adversary.every);
    }
    Tensor loss(const UfogenBatch& batch, const Observer& observer) override;
    void stepped(int64_t step) override { stage_.rival_->contest.stepped(step); }
    TensorMap state() const override { return stage_.rival_->contest.state(); }

   private:
    UfogenStage& stage_;
    LatentFeed feed_;
  };

  // For the discriminator's step of this number, or for one of the generator.
  UfogenBatch drawn_from(LatentFeed& feed, const Turn& turn, std::optional<int64_t> step = {}) const;
  Tensor input(const UfogenBatch& batch) const;
  Tensor drawn_x0(const Tensor& input, const UfogenBatch& batch, const Observer& observer) const;
  Tensor regressed_on(const Tensor& input, const UfogenBatch& batch) const;  // x0

  UfogenConfig config_;
  Predecessor start_;
  NoiseSchedule schedule_;
  LatentFeed feed_;
  NetworkPtr unet_;
  std::unique_ptr<RealTeacher> teacher_;  // null where the data are real
  std::unique_ptr<Rival> rival_;          // null where it has no say
  Opponent opponent_;
};

StagePtr make_stage(const UfogenConfig& config, const StageInputs& inputs);
// The generator's loss passes through the discriminator, whose own loss has a drawn and a real example.
std::vector<PlannedNetwork> planned_networks(const UfogenConfig& config, const PlanInputs& inputs);

}  // namespace mds
