#include "trainer/ufogen.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <sstream>

#include "pipeline/prediction.h"

namespace mds {
namespace {

bool is_projected(const UfogenConfig& config) { return config.adversary.discriminator == DiscriminatorKind::projected; }

UfogenConfig checked(UfogenConfig config) {
  const bool without_pictures = config.real.of_teacher() && config.pure_noise == 1;
  if (!config.captions.empty() && !without_pictures)
    throw ConfigError("stage.captions have no pictures; needed: stage.real \"teacher\", and a stage.pure_noise of 1");
  if (config.adversarial_weight == 0 && config.reconstruction_weight == 0)
    throw ConfigError("stage.adversarial_weight and stage.reconstruction_weight are 0; allowed: one of them at most");
  return config;
}

Discriminator discriminator_for(const UfogenConfig& config, const Predecessor& start, const LoopConfig& loop,
                                const LatentSource& latents) {
  const AdversaryConfig& adversary = config.adversary;
  if (is_projected(config) == adversary.features.empty())
    throw ConfigError("stage.adversary.features is \"" + adversary.features + "\"; allowed with discriminator \"" +
                      std::string(name_of(adversary.discriminator)) +
                      "\": " + (is_projected(config) ? "a file with weights of EfficientNet-Lite0" : "none"));
  if (!is_projected(config)) return {adversary.discriminator, start, loop};
  LatentDecoder decoder = latent_decoder(latents, config.data.encoders, loop.placement);
  return Discriminator(std::make_unique<ProjectedDiscriminator>(std::move(decoder), adversary.features, loop));
}

}  // namespace

NoiseGap noise_gap(const NoiseSchedule& schedule, const UfogenConfig& config) {
  const int64_t t = schedule.steps() - 1, t_less = std::max(t - config.delta, config.floor);
  return {t, t_less, schedule.snr(t), schedule.snr(t_less)};
}

UfogenStage::Opponent::Opponent(UfogenStage& stage, const LoopConfig& loop, const LatentSource& latents)
    : stage_(stage), feed_(latents, loop.batch, loop.seed + 1) {}

UfogenStage::UfogenStage(const UfogenConfig& config, const LoopConfig& loop, const LatentSource& latents)
    : config_(checked(config)),
      start_(open_predecessor(config.start, latents)),
      schedule_(NoiseSchedule(*start_.card.schedule).on(loop.placement.device)),
      feed_(latents, loop.batch, loop.seed),
      unet_(start_.unet(loop.placement)),
      teacher_(real_teacher(config.real, "stage.", start_, loop, latents)),
      rival_(rival_for(config, start_, loop, latents)),
      opponent_(*this, loop, latents) {
  unet_->checkpoint_activations(loop.checkpoint_activations);
  check_tells_x0(start_);
  if (config.floor >= schedule_.steps())
    throw ConfigError("stage.floor is " + std::to_string(config.floor) + "; allowed: less than the " +
                      std::to_string(schedule_.steps()) + " timesteps of " + config.start);
}

std::unique_ptr<UfogenStage::Rival> UfogenStage::rival_for(const UfogenConfig& config, const Predecessor& start,
                                                           const LoopConfig& loop, const LatentSource& latents) {
  if (config.adversarial_weight == 0) return nullptr;
  Discriminator discriminator = discriminator_for(config, start, loop, latents);
  const NoiseSchedule schedule = NoiseSchedule(*start.card.schedule).on(loop.placement.device);
  Contest contest(config.adversary.contest, config.adversary.clamp, schedule, loop, discriminator.decoded());
  return std::make_unique<Rival>(Rival{std::move(discriminator), std::move(contest)});
}

std::optional<Adversary> UfogenStage::adversary() {
  if (!rival_) return std::nullopt;
  const AdversaryConfig& adversary = config_.adversary;
  return Adversary{.stage = &opponent_,
                   .optimizer = {.lr = adversary.lr, .warmup = 0, .beta1 = adversary.beta1, .weight_decay = 0},
                   .every = adversary.every};
}

UfogenBatch UfogenStage::drawn_from(LatentFeed& feed, const Turn& turn, std::optional<int64_t> step) const {
  UfogenBatch batch{feed.next(turn, schedule_.steps() - 1, /*caption_dropout=*/0)};
  const at::IntArrayRef sizes = batch.x0_NCHW.sizes();
  const Tensor pure = at::rand({sizes[0]}, turn.random) < config_.pure_noise;
  batch.t_N = at::where(pure, schedule_.steps() - 1, batch.t_N + 1);
  batch.is_pure_N111 = pure.view({-1, 1, 1, 1});
  if (rival_)
    batch.sight = rival_->contest.draw((batch.t_N - config_.delta).clamp_min(config_.floor), sizes, turn.random, step);
  return batch;
}

Tensor UfogenStage::input(const UfogenBatch& batch) const {
  return at::where(batch.is_pure_N111, batch.noise_NCHW, schedule_.noised(batch.x0_NCHW, batch.noise_NCHW, batch.t_N));
}

Tensor UfogenStage::drawn_x0(const Tensor& x, const UfogenBatch& batch, const Observer& observer) const {
  const Tensor& t = batch.t_N;
  const Tensor output = predicted(*unet_, x, {t, batch.text_NSC}, observer);
  return parts(start_.card.prediction, output, x, {schedule_.a(t), schedule_.s(t)}).x0;
}

// A teacher says what becomes of the very noise that the generator has; of a noised latent, its x0 in one call.
Tensor UfogenStage::regressed_on(const Tensor& x, const UfogenBatch& batch) const {
  if (!teacher_) return batch.x0_NCHW;
  const UNetInputs inputs{batch.t_N, batch.text_NSC};
  if (config_.pure_noise == 0) return teacher_->estimated(x, inputs);
  const Tensor drawn = teacher_->drawn(batch.noise_NCHW, batch.text_NSC);
  if (config_.pure_noise == 1) return drawn;
  return at::where(batch.is_pure_N111, drawn, teacher_->estimated(x, inputs));
}

Tensor UfogenStage::loss(const UfogenBatch& batch, const Observer& observer) {
  const Tensor& t = batch.t_N;
  const Tensor x = input(batch), x0 = drawn_x0(x, batch, observer);
  Tensor adversarial;
  if (rival_)
    adversarial = config_.adversarial_weight *
                  rival_->contest.generator_loss(x0, batch.text_NSC, batch.sight,
                                                 [&](const Tensor& seen, const UNetInputs& inputs) {
                                                   return rival_->discriminator.logits(seen, inputs, observer);
                                                 });
  if (config_.reconstruction_weight == 0) return adversarial;
  const Tensor signal = config_.reconstruction == Reconstruction::snr ? schedule_.a(t).square() : at::ones_like(t);
  const Tensor known = teacher_ ? at::ones_like(batch.is_pure_N111) : batch.is_pure_N111.logical_not();
  const Tensor weight = known * signal.view({-1, 1, 1, 1}) / schedule_.s(t).square();
  const Tensor regression = config_.reconstruction_weight * (weight * (x0 - regressed_on(x, batch)).square()).mean();
  return rival_ ? adversarial + regression : regression;
}

Tensor UfogenStage::Opponent::loss(const UfogenBatch& batch, const Observer& observer) {
  const Tensor& text = batch.text_NSC;
  Tensor drawn;
  {
    torch::NoGradGuard no_grad;
    drawn = stage_.drawn_x0(stage_.input(batch), batch, observer);
  }
  const Tensor real = stage_.teacher_ ? stage_.teacher_->drawn(batch.noise_NCHW, text) : batch.x0_NCHW;
  return stage_.rival_->contest.discriminator_loss({drawn, real}, text, batch.sight,
                                                   [&](const Tensor& seen, const UNetInputs& inputs) {
                                                     return stage_.rival_->discriminator.logits(seen, inputs, observer);
                                                   });
}

StageCard UfogenStage::card() const {
  StageCard card = card_after(start_);
  if (teacher_) card.predecessors["teacher"] = teacher_->folder();
  card.model.sampler = {.steps = 1, .guidance = 1, .sampler = Sampler::ufogen};
  card.guidance_absorbed = true;
  if (!rival_) return card;
  if (is_projected(config_)) {
    card.model.provenance.derived = {{"discriminator_features", "efficientnet-lite0"}};
    card.note =
        "the discriminator reads features of EfficientNet-Lite0, so this model is not to be scored by them "
        "(fd_effnet, perceptual_effnet)";
    return card;
  }
  const NoiseGap gap = noise_gap(schedule_, config_);
  card.model.provenance.derived = {{"snr_at_" + std::to_string(gap.t), gap.snr},
                                   {"snr_at_" + std::to_string(gap.t_less), gap.snr_less}};
  std::ostringstream note;
  note << "delta " << config_.delta << ": the signal-to-noise ratio is " << gap.snr << " at timestep " << gap.t
       << " and " << gap.snr_less << " at " << gap.t_less;
  card.note = note.str();
  return card;
}

StagePtr make_stage(const UfogenConfig& config, const StageInputs& inputs) {
  return std::make_unique<UfogenStage>(config, inputs.loop, inputs.latents);
}

std::vector<PlannedNetwork> planned_networks(const UfogenConfig& config, const PlanInputs&) {
  const Plan plan = make_plan(planned_unet(config.start));
  const bool contested = config.adversarial_weight > 0;
  const double share = contested ? 1.0 / double(config.adversary.every) : 0;
  const bool whole = config.adversary.discriminator == DiscriminatorKind::unet;
  const double seen = share * seen_a_step(config.adversary.contest);
  std::vector<PlannedNetwork> networks{{.name = "generator", .plan = plan, .passes = {.trained = 1, .plain = share}}};
  if (contested && is_projected(config))
    for (PlannedNetwork& network : planned_projection(config.data.encoders)) {
      network.passes = {.through = 1, .plain = seen};
      networks.push_back(std::move(network));
    }
  else if (contested)
    networks.push_back({.name = "discriminator",
                        .plan = plan,
                        .trained = whole,
                        .passes = {.trained = whole ? seen : 0, .through = 1, .plain = whole ? 0 : seen}});
  if (config.real.of_teacher()) {
    const bool regressed = config.reconstruction_weight > 0;
    const double samples = share + (regressed && config.pure_noise > 0 ? 1 : 0);
    const double estimates = regressed && config.pure_noise < 1 ? config.real.passes_a_call() : 0;
    networks.push_back({.name = "teacher",
                        .plan = make_plan(planned_unet(config.real.teacher)),
                        .trained = false,
                        .passes = {.plain = samples * config.real.passes_a_sample() + estimates}});
  }
  return networks;
}

}  // namespace mds
