// Distils a diffusion model into one step by scores alone, without pictures: the generator's samples are noised again,
// and what the teacher makes of them is compared with what a fake score makes of them, a network that is trained on
// these samples meanwhile. By the loss of score identity distillation (SiD, arXiv 2404.04057; guidance as in arXiv
// 2406.01561) or of distribution matching (DMD2, arXiv 2405.14867), the latter's discriminator beside it where wished.
#pragma once

#include "pipeline/prediction.h"
#include "trainer/captioned_latents.h"
#include "trainer/contest.h"
#include "trainer/discriminator.h"
#include "trainer/latent_feed.h"
#include "trainer/latent_statistics.h"
#include "trainer/predecessor.h"
#include "trainer/real_latents.h"
#include "trainer/unet_stage.h"

namespace mds {

enum class ScoreMethod : uint8_t { sid, dmd };
template <>
struct EnumNames<ScoreMethod> {
  static constexpr std::array names{"sid", "dmd"};
};

struct FakeScoreConfig {
  double lr = 5e-5;
  double beta1 = 0;
  int64_t steps = 1;
  double guidance = 1;
  double caption_dropout = 0.1;
  double gan_weight = 0.01;
  bool operator==(const FakeScoreConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("lr", self.lr, "learning rate of the fake score", between(0, 10));
    field("beta1", self.beta1, "AdamW's decay of the gradient's moving average", adamw_decay);
    field("steps", self.steps, "steps of the fake score for one of the generator: 1 for sid, 5 to 10 for dmd",
          between(1, 1000));
    field("guidance", self.guidance, "guidance with which the fake score is trained and asked; 1: none",
          between(1, 1000));
    field("caption_dropout", self.caption_dropout, "share of its captions that is replaced by the empty one",
          between(0, 1));
    field("gan_weight", self.gan_weight, "factor of the discriminator's loss beside its own, where there is a gan",
          later(between(0, 1e6)));
  }
};

// Heads on the fake score's maps tell real from drawn latents, both noised at any timestep.
struct GanConfig {
  double weight = 0;
  RealConfig real;
  ContestConfig contest;
  bool operator==(const GanConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("weight", self.weight,
          "factor of the generator's adversarial loss beside that of the scores, such as 1e-3 to 3e-3; 0: none",
          between(0, 1e6));
    RealConfig::describe(self.real, field);
    ContestConfig::describe(self.contest, field);
  }
};

struct ScoreDistilConfig {
  static constexpr std::string_view kind = "score_distil";
  std::string teacher = "out/train/emoji-md-base/model";
  std::string start = "out/train/emoji-md-1/model";
  LatentData data;
  ScoreMethod method = ScoreMethod::sid;
  double alpha = 1;
  double guidance = 2;
  int64_t low = 20, high = 979;
  FakeScoreConfig fake;
  GanConfig gan;
  double most_drift = 1.1;
  std::string captions{};
  bool operator==(const ScoreDistilConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("teacher", self.teacher, "model folder of the teacher, whose score the generator's samples get");
    field("start", self.start, "model folder of the generator's first weights, best one that draws in one step");
    LatentData::describe(self.data, field);
    field("method", self.method, "sid: score identity distillation; dmd: distribution matching");
    field("alpha", self.alpha, "of sid's loss: 0.5 is half the gradient of the scores' squared distance",
          between(-10, 10));
    field("guidance", self.guidance, "guidance of the teacher, which the generator learns; 1: none", between(1, 1000));
    field("low", self.low, "smallest timestep at which scores are compared and the fake one is trained",
          between(0, 99999));
    field("high", self.high, "largest timestep at which scores are compared and the fake one is trained",
          between(0, 99999));
    field("fake", self.fake, "the fake score and its training");
    field("gan", self.gan, "discriminator on the fake score, which also sees real latents", later());
    field(
        "most_drift", self.most_drift,
        "how far the drawn latents may leave the data before the training stops: of each channel, the mean by so many "
        "of the data's deviations, and the logarithm of the ratio of deviations",
        between(0, 1e6));
    field("captions", self.captions, captions_help, later());
  }
};

// One sample of the generator, and what teacher and fake score say that its x0 is after it was noised; N x C x H x W.
struct ScoredSample {
  Tensor drawn{}, real{}, fake{};
};
// 1 / mean |drawn - real| of each example, N x 1 x 1 x 1, no gradient.
Tensor score_weight(const ScoredSample& sample);
// The generator's loss, a mean over all numbers. sid's gradient flows through all three tensors, dmd's through `drawn`.
Tensor score_loss(const ScoredSample& sample, const Tensor& weight, ScoreMethod method, double alpha);

// text is the generator's and teacher's; t_N and noise are those at which scores are compared.
struct ScoreBatch {
  Tensor z_NCHW, noise_NCHW, t_N, text_NSC;
  Tensor real_NCHW{};  // x0 of the data, where a discriminator takes these for real
  Sight sight{};       // of the discriminator, if any
  static void for_each(auto& self, auto&& visit) {
    visit("z", self.z_NCHW);
    visit("noise", self.noise_NCHW);
    visit("t", self.t_N);
    visit("text", self.text_NSC);
    visit("real", self.real_NCHW);
    Sight::for_each(self.sight, visit);
  }
};

class ScoreDistilStage final : public StageOf<ScoreBatch> {
 public:
  ScoreDistilStage(const ScoreDistilConfig& config, const LoopConfig& loop, const LatentSource& latents);
  TensorMap weights() const override { return trained_weights(*generator_); }
  ScoreBatch draw(const Turn& turn) override;
  Tensor loss(const ScoreBatch& batch, const Observer& observer) override;
  std::optional<Adversary> adversary() override;
  // Every 100 iterations: std::runtime_error names the channel whose drawn latents have left the data, or says that the
  // fake score has diverged.
  void watch(int64_t iteration) override;
  StageCard card() const override;

  Tensor drawn(const Tensor& z_NCHW, const Tensor& text_NSC, const Observer& observer = {}) const;  // x0

 private:
  // Trains the fake score on what the generator draws, and the discriminator's heads on its maps.
  class Fake final : public StageOf<ScoreBatch> {
   public:
    Fake(ScoreDistilStage& stage, const LoopConfig& loop, const LatentSource& latents);
    TensorMap weights() const override;
    ScoreBatch draw(const Turn& turn) override;
    Tensor loss(const ScoreBatch& batch, const Observer& observer) override;
    void stepped(int64_t step) override;
    TensorMap state() const override;

   private:
    ScoreDistilStage& stage_;
    LatentFeed feed_;
  };

  struct Gan {
    DiscriminatorHeads heads;
    Contest contest;
    std::unique_ptr<RealTeacher> teacher;  // null where the data are real
  };

  struct Drift {
    double distance;
    std::string what;
  };

  // For the fake score's step of this number, or for one of the generator.
  ScoreBatch drawn_from(LatentFeed& feed, const Turn& turn, std::optional<int64_t> fake_step) const;
  std::unique_ptr<Gan> gan_for(const LoopConfig& loop, const LatentSource& latents) const;
  LogitsOf logits(const Observer& observer) const;
  Tensor guided(const Network& unet, const Tensor& x, const UNetInputs& inputs, double guidance,
                const Observer& observer = {}) const;
  Tensor x0_of(const Network& unet, const Tensor& x, const UNetInputs& inputs, double guidance) const;
  Amplitudes at(const Tensor& t_N) const { return {schedule_.a(t_N), schedule_.s(t_N)}; }
  Tensor watched_x0() const;
  Drift drift(const Tensor& x0_NCHW) const;
  // The fake score's squared error on these latents, noised, over the variance of what it should have predicted.
  double fake_error(const Tensor& x0_NCHW) const;

  ScoreDistilConfig config_;
  Predecessor teacher_of_, start_;
  NoiseSchedule schedule_;
  LatentFeed feed_;
  Tensor empty_text_;
  NetworkPtr generator_, teacher_, fake_;
  std::unique_ptr<Gan> gan_;  // null where there is none
  ScoreBatch watched_;        // what is drawn of it is compared with the data, and scored, from time to time
  LatentStatistics data_;
  double first_drift_ = 0, first_error_ = 0;
  Fake opponent_;
};

StagePtr make_stage(const ScoreDistilConfig& config, const StageInputs& inputs);
std::vector<PlannedNetwork> planned_networks(const ScoreDistilConfig& config, const PlanInputs& inputs);

}  // namespace mds
