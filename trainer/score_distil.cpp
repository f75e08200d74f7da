#include "trainer/score_distil.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "networks/freeze.h"
#include "pipeline/sampler_config.h"

namespace mds {
namespace {

constexpr double no_clamp = std::numeric_limits<double>::infinity();  // of logits
constexpr double least_distance = 1e-5;
constexpr int64_t watched_every = 100, watched_examples = 64;
constexpr double more_than_first = 1.2;  // a start may be far from the data, and is left
constexpr double useless_error = 1;      // of the variance, as of a score that always says the mean

ScoreDistilConfig checked(ScoreDistilConfig config) {
  if (config.low > config.high)
    throw ConfigError("stage.low is " + std::to_string(config.low) + "; allowed: at most high, " +
                      std::to_string(config.high));
  if (config.gan.weight == 0 && config.gan != GanConfig{})
    throw ConfigError(
        "stage.gan.weight is 0, which is no discriminator; allowed beside other fields of stage.gan: more");
  if (config.gan.weight > 0 && !config.gan.real.of_teacher() && !config.captions.empty())
    throw ConfigError("stage.captions have no pictures, which stage.gan.real \"data\" needs; allowed: \"teacher\"");
  if (config.gan.weight > 0 && config.fake.guidance != 1)
    throw ConfigError("stage.fake.guidance is " + shown(config.fake.guidance) +
                      "; allowed with stage.gan: 1, as the discriminator reads the fake score without guidance");
  return config;
}

}  // namespace

Tensor score_weight(const ScoredSample& sample) {
  const Tensor distance = (sample.drawn.detach() - sample.real.detach()).abs().mean({1, 2, 3}, /*keepdim=*/true);
  return distance.clamp_min(least_distance).reciprocal();
}

Tensor score_loss(const ScoredSample& sample, const Tensor& weight, ScoreMethod method, double alpha) {
  const auto& [drawn, real, fake] = sample;
  if (method == ScoreMethod::sid) {
    const Tensor apart = real - fake;
    return (weight * apart * (real - drawn - alpha * apart)).mean();
  }
  // Half a squared distance whose gradient is the weighted difference of the scores.
  const Tensor wanted = drawn.detach() - weight * (fake.detach() - real.detach());
  return 0.5 * at::mse_loss(drawn, wanted);
}

ScoreDistilStage::Fake::Fake(ScoreDistilStage& stage, const LoopConfig& loop, const LatentSource& latents)
    : stage_(stage), feed_(latents, loop.batch, loop.seed + 1) {}

ScoreDistilStage::ScoreDistilStage(const ScoreDistilConfig& config, const LoopConfig& loop, const LatentSource& latents)
    : config_(checked(config)),
      teacher_of_(open_predecessor(config.teacher, latents)),
      start_(open_predecessor(config.start, latents)),
      schedule_(NoiseSchedule(*teacher_of_.card.schedule).on(loop.placement.device)),
      feed_(latents, loop.batch, loop.seed),
      empty_text_(feed_.empty_text().to(loop.placement.device)),
      generator_(start_.unet(loop.placement)),
      // SiD's gradient flows through the teacher, which packed weights do not allow.
      teacher_(config.method == ScoreMethod::dmd ? teacher_of_.teaching_unet(loop.placement, loop.dtype)
                                                 : teacher_of_.unet(loop.placement)),
      fake_(teacher_of_.unet(loop.placement)),
      gan_(gan_for(loop, latents)),
      opponent_(*this, loop, latents) {
  check_same_diffusion(teacher_of_, start_);
  check_tells_x0(teacher_of_);
  if (config.high >= schedule_.steps())
    throw ConfigError("stage.high is " + std::to_string(config.high) + "; allowed: less than the " +
                      std::to_string(schedule_.steps()) + " timesteps of " + config.teacher);
  freeze(*teacher_);
  for (const auto& trained : {generator_, fake_}) trained->checkpoint_activations(loop.checkpoint_activations);
  LatentFeed watched(latents, watched_examples, loop.seed);
  const Turn turn{0, generator_for(loop.seed, 0, /*purpose=*/5)};
  LatentBatch batch = watched.next(turn, schedule_.steps(), /*caption_dropout=*/0);
  data_ = statistics_of(batch.x0_NCHW);
  const auto here = [&](const Tensor& x) { return x.to(loop.placement.device); };
  watched_ = {.z_NCHW = here(batch.noise_NCHW),
              .noise_NCHW = here(at::randn(batch.noise_NCHW.sizes(), turn.random)),
              .t_N = here(batch.t_N),
              .text_NSC = here(batch.text_NSC)};
  const Tensor x0 = watched_x0();
  first_drift_ = drift(x0).distance;
  first_error_ = fake_error(x0);
}

std::optional<Adversary> ScoreDistilStage::adversary() {
  const FakeScoreConfig& fake = config_.fake;
  return Adversary{.stage = &opponent_,
                   .optimizer = {.lr = fake.lr, .warmup = 0, .beta1 = fake.beta1, .weight_decay = 0},
                   .steps = fake.steps};
}

std::unique_ptr<ScoreDistilStage::Gan> ScoreDistilStage::gan_for(const LoopConfig& loop,
                                                                 const LatentSource& latents) const {
  const GanConfig& gan = config_.gan;
  if (gan.weight == 0) return nullptr;
  return std::make_unique<Gan>(Gan{DiscriminatorHeads(*fake_, loop.seed),
                                   Contest(gan.contest, no_clamp, schedule_, loop),
                                   real_teacher(gan.real, "stage.gan.", start_, loop, latents)});
}

ScoreBatch ScoreDistilStage::drawn_from(LatentFeed& feed, const Turn& turn, std::optional<int64_t> fake_step) const {
  const double dropout = fake_step ? config_.fake.caption_dropout : 0;
  const LatentBatch latents = feed.next(turn, schedule_.steps(), dropout);
  const at::IntArrayRef sizes = latents.noise_NCHW.sizes();
  ScoreBatch batch{.z_NCHW = latents.noise_NCHW,
                   .noise_NCHW = at::randn(sizes, turn.random),
                   .t_N = at::randint(config_.low, config_.high + 1, {sizes[0]}, turn.random, at::kLong),
                   .text_NSC = latents.text_NSC};
  if (!gan_) return batch;
  batch.sight = gan_->contest.draw(latents.t_N, sizes, turn.random, fake_step);
  if (fake_step && !gan_->teacher) batch.real_NCHW = latents.x0_NCHW;
  return batch;
}

ScoreBatch ScoreDistilStage::draw(const Turn& turn) { return drawn_from(feed_, turn, {}); }
ScoreBatch ScoreDistilStage::Fake::draw(const Turn& turn) { return stage_.drawn_from(feed_, turn, turn.iteration); }

TensorMap ScoreDistilStage::Fake::weights() const {
  TensorMap weights = trained_weights(*stage_.fake_);
  if (stage_.gan_) weights.merge(prefixed(stage_.gan_->heads.weights(), "heads."));
  return weights;
}

void ScoreDistilStage::Fake::stepped(int64_t step) {
  if (stage_.gan_) stage_.gan_->contest.stepped(step);
}

TensorMap ScoreDistilStage::Fake::state() const { return stage_.gan_ ? stage_.gan_->contest.state() : TensorMap{}; }

LogitsOf ScoreDistilStage::logits(const Observer& observer) const {
  return [this, &observer](const Tensor& x, const UNetInputs& inputs) {
    return gan_->heads.logits(*fake_, x, inputs, observer);
  };
}

Tensor ScoreDistilStage::drawn(const Tensor& z, const Tensor& text, const Observer& observer) const {
  const Tensor t = at::full({z.size(0)}, schedule_.steps() - 1, at::device(z.device()).dtype(at::kLong));
  return parts(start_.card.prediction, predicted(*generator_, z, {t, text}, observer), z, at(t)).x0;
}

Tensor ScoreDistilStage::guided(const Network& unet, const Tensor& x, const UNetInputs& inputs, double guidance,
                                const Observer& observer) const {
  return mds::guided(unet, {x, inputs, empty_text_}, guidance, observer);
}

Tensor ScoreDistilStage::x0_of(const Network& unet, const Tensor& x, const UNetInputs& inputs, double guidance) const {
  return parts(teacher_of_.card.prediction, guided(unet, x, inputs, guidance), x, at(inputs.t_N)).x0;
}

Tensor ScoreDistilStage::loss(const ScoreBatch& batch, const Observer& observer) {
  ScoredSample sample{.drawn = drawn(batch.z_NCHW, batch.text_NSC, observer)};
  {
    const at::AutoGradMode gradients(at::GradMode::is_enabled() && config_.method == ScoreMethod::sid);
    const Tensor x = schedule_.noised(sample.drawn, batch.noise_NCHW, batch.t_N);
    const UNetInputs inputs{batch.t_N, batch.text_NSC};
    sample.real = x0_of(*teacher_, x, inputs, config_.guidance);
    sample.fake = x0_of(*fake_, x, inputs, config_.fake.guidance);
  }
  const Tensor loss = score_loss(sample, score_weight(sample), config_.method, config_.alpha);
  if (!gan_) return loss;
  return loss +
         config_.gan.weight * gan_->contest.generator_loss(sample.drawn, batch.text_NSC, batch.sight, logits(observer));
}

Tensor ScoreDistilStage::Fake::loss(const ScoreBatch& batch, const Observer& observer) {
  const Tensor &noise = batch.noise_NCHW, &t = batch.t_N, &text = batch.text_NSC;
  Tensor x0;
  {
    const at::NoGradGuard no_grad;
    x0 = stage_.drawn(batch.z_NCHW, text);
  }
  const Tensor x = stage_.schedule_.noised(x0, noise, t);
  const Tensor output = stage_.guided(*stage_.fake_, x, {t, text}, stage_.config_.fake.guidance, observer);
  const Tensor loss = at::mse_loss(output, target(stage_.teacher_of_.card.prediction, {x0, noise}, stage_.at(t)));
  const auto& gan = stage_.gan_;
  if (!gan) return loss;
  const Tensor real = gan->teacher ? gan->teacher->drawn(batch.z_NCHW, text) : batch.real_NCHW;
  return loss + stage_.config_.fake.gan_weight *
                    gan->contest.discriminator_loss({x0, real}, text, batch.sight, stage_.logits(observer));
}

Tensor ScoreDistilStage::watched_x0() const {
  const at::NoGradGuard no_grad;
  return drawn(watched_.z_NCHW, watched_.text_NSC);
}

double ScoreDistilStage::fake_error(const Tensor& x0) const {
  const at::NoGradGuard no_grad;
  const auto& [z, noise, t, text, real, sight] = watched_;
  const Tensor output = guided(*fake_, schedule_.noised(x0, noise, t), {t, text}, config_.fake.guidance);
  const Tensor wanted = target(teacher_of_.card.prediction, {x0, noise}, at(t));
  return (at::mse_loss(output, wanted) / wanted.var()).item<double>();
}

ScoreDistilStage::Drift ScoreDistilStage::drift(const Tensor& x0) const {
  const LatentStatistics own = statistics_of(x0);
  Drift worst{.distance = 0, .what = ""};
  for (int64_t c = 0; c < own.mean.numel(); ++c) {
    const auto number = [&](const Tensor& of) { return of[c].item<double>(); };
    const double mean = std::abs(number(own.mean) - number(data_.mean)) / number(data_.std);
    const double ratio = number(own.std) / number(data_.std);
    const auto offer = [&](double distance, const std::string& what) {
      if (distance > worst.distance || std::isnan(distance)) worst = {distance, what};
    };
    const std::string channel = "of channel " + std::to_string(c) + " of the drawn latents is ";
    offer(mean, "the mean " + channel + shown(mean) + " of the data's deviations off the data's");
    offer(std::abs(std::log(ratio)), "the deviation " + channel + shown(ratio) + " times the data's");
  }
  return worst;
}

void ScoreDistilStage::watch(int64_t iteration) {
  if (iteration % watched_every != 0) return;
  const Tensor x0 = watched_x0();
  const auto [distance, what] = drift(x0);
  const std::string when = "iteration " + std::to_string(iteration) + ": ";
  if (!(distance <= std::max(config_.most_drift, more_than_first * first_drift_)))
    throw std::runtime_error(when + what + "; stage.most_drift allows " + shown(config_.most_drift) +
                             ". A lower rate of the generator, or more steps of the fake score, keep it nearer");
  const double error = fake_error(x0);
  if (!(error <= std::max(useless_error, more_than_first * first_error_)))
    throw std::runtime_error(when + "the fake score's squared error is " + shown(error) +
                             " times the variance of what it is to predict: it has diverged. A lower stage.fake.lr, " +
                             "or a lower rate of the generator, keeps it to what is drawn");
}

StageCard ScoreDistilStage::card() const {
  StageCard card = card_after(start_);
  card.predecessors["teacher"] = teacher_of_.folder;
  if (gan_ && gan_->teacher) card.predecessors["gan.teacher"] = gan_->teacher->folder();
  card.model.sampler = {.steps = 1, .guidance = 1, .sampler = Sampler::ufogen};
  card.guidance_absorbed = true;
  return card;
}

StagePtr make_stage(const ScoreDistilConfig& config, const StageInputs& inputs) {
  return std::make_unique<ScoreDistilStage>(config, inputs.loop, inputs.latents);
}

std::vector<PlannedNetwork> planned_networks(const ScoreDistilConfig& config, const PlanInputs&) {
  const Plan teacher = make_plan(planned_unet(config.teacher));
  const auto twice = [](double guidance) { return guidance == 1 ? 1.0 : 2.0; };
  const double steps = double(config.fake.steps), real = twice(config.guidance), fake = twice(config.fake.guidance);
  const bool through = config.method == ScoreMethod::sid, adversarial = config.gan.weight > 0;
  const double seen = adversarial ? seen_a_step(config.gan.contest) : 0;
  std::vector<PlannedNetwork> networks{
      {.name = "generator", .plan = make_plan(planned_unet(config.start)), .passes = {.trained = 1, .plain = steps}},
      {.name = "teacher",
       .plan = teacher,
       .trained = false,
       .passes = {.through = through ? real : 0, .plain = through ? 0 : real}},
      {.name = "fake",
       .plan = teacher,
       .passes = {.trained = (fake + seen) * steps,
                  .through = (through ? fake : 0) + (adversarial ? 1 : 0),
                  .plain = through ? 0 : fake},
       .held_at_once = 1 + seen}};
  if (adversarial && config.gan.real.of_teacher())
    networks.push_back({.name = "teacher of the discriminator",
                        .plan = make_plan(planned_unet(config.gan.real.teacher)),
                        .trained = false,
                        .passes = {.plain = steps * config.gan.real.passes_a_sample()}});
  return networks;
}

}  // namespace mds
