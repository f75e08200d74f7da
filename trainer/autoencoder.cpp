#include "trainer/autoencoder.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "networks/freeze.h"
#include "pipeline/model.h"

namespace mds {
namespace {

// Starts with a posterior deviation of exp(-3), so that the decoder sees the mean and not mostly noise from the start.
void narrow_posterior(Network& encoder) {
  torch::NoGradGuard no_grad;
  Tensor bias = encoder.named_parameters()["quant.bias"];
  bias.slice(0, bias.size(0) / 2).fill_(-6);
}

EncoderSpec encoder_spec(const AutoencoderConfig& config) {
  if (config.start.empty()) return encoder_of(config, config.size);
  EncoderSpec spec = *load_card(config.start, {"vae_encoder"}).vae_encoder;
  spec.size = config.size;
  return spec;
}

// Checks the networks of the full size before anything is trained on crops, because the model will have that size.
void check_halves(const EncoderSpec& encoder, const DecoderSpec& decoder) {
  Plan first, second;
  try {
    first = make_plan(encoder);
    second = make_plan(decoder);
  } catch (const ConfigError& error) {
    throw ConfigError("stage.size is " + std::to_string(encoder.size) + ": " + error.what());
  }
  Shape latent = first.steps.back().out;
  latent.channels /= 2;
  if (to_string(latent) != to_string(second.input))
    throw ConfigError("stage: the encoder makes latents " + to_string(latent) + ", the decoder reads " +
                      to_string(second.input) + "; allowed: equal ones");
}

template <class Spec>
Plan plan_for(Spec spec, int64_t side) {
  spec.size = side;
  return make_plan(spec);
}

NetworkPtr opened_teacher(const AutoencoderConfig& config, const Shape& latent, const Placement& placement) {
  LatentDecoderSpec spec = *load_card(config.start, {"vae_decoder"}).vae_decoder;
  std::visit([&](auto& kind) { kind.size = config.crop; }, spec);
  Plan plan = make_plan(spec);
  if (to_string(plan.input) != to_string(latent))
    throw ConfigError(config.start + ": its decoder reads latents " + to_string(plan.input) + ", the one to train " +
                      to_string(latent));
  NetworkPtr teacher = load_part(config.start, "vae_decoder", std::move(plan), placement);
  freeze(*teacher);
  return teacher;
}

const AutoencoderConfig& checked(const AutoencoderConfig& config) {
  check(config);
  return config;
}

}  // namespace

AutoencoderStage::AutoencoderStage(const AutoencoderConfig& config, const LoopConfig& loop, Tensor pictures_NCHW,
                                   PerceptualDistance perceptual)
    : AutoencoderStage(config, loop, std::make_shared<MemoryFeed>(std::move(pictures_NCHW), TokenBatch{}, loop),
                       std::move(perceptual)) {}

AutoencoderStage::AutoencoderStage(const AutoencoderConfig& config, const LoopConfig& loop,
                                   std::shared_ptr<PictureFeed> feed, PerceptualDistance perceptual)
    : config_(checked(config)),
      feed_(std::move(feed)),
      perceptual_(std::move(perceptual)),
      encoder_spec_(encoder_spec(config)),
      decoder_spec_(decoder_of(config, config.size)),
      ranks_(loop.ranks) {
  check_halves(encoder_spec_, decoder_spec_);
  decoder_ = make_network(plan_for(decoder_spec_, config.crop), loop.placement);
  initialise(*decoder_, loop.seed + 1);
  const Shape& latent = decoder_->plan().input;
  if (config.start.empty()) {
    encoder_ = make_network(plan_for(encoder_spec_, config.crop), loop.placement);
    initialise(*encoder_, loop.seed);
    narrow_posterior(*encoder_);
  } else {
    encoder_ = load_part(config.start, "vae_encoder", plan_for(encoder_spec_, config.crop), loop.placement);
    freeze(*encoder_);
  }
  if (config.target == DecoderTarget::teacher) teacher_ = opened_teacher(config, latent, loop.placement);
  if (!config.latents.empty()) latents_.emplace(config.latents, latent, loop);
  if (config.discriminator.weight > 0) {
    if (loop.checkpoint_activations)
      throw ConfigError(
          "loop.checkpoint_activations is true; allowed: false with a discriminator, whose weight is "
          "found from gradients before the backward pass");
    discriminator_.emplace(config.discriminator.width, loop.seed + 2, loop.placement.device);
  }
  for (const auto& half : {encoder_, decoder_}) half->checkpoint_activations(loop.checkpoint_activations);
}

std::string AutoencoderStage::needs_whole_batch() const {
  return discriminator_ ? "the discriminator's weight is found from the whole batch" : "";
}

StageCard AutoencoderStage::card() const {
  StageCard card;
  card.model.vae_encoder = encoder_spec_;
  card.model.vae_decoder = decoder_spec_;
  if (!config_.start.empty()) card.predecessors["start"] = config_.start;
  return card;
}

TensorMap AutoencoderStage::weights() const {
  TensorMap all = trained_weights(*decoder_, "vae_decoder.");
  if (config_.start.empty()) all.merge(trained_weights(*encoder_, "vae_encoder."));
  return all;
}

std::optional<Adversary> AutoencoderStage::adversary() {
  if (!discriminator_) return {};
  const PatchAdversaryConfig& config = config_.discriminator;
  return Adversary{
      .stage = &opponent_,
      .optimizer = {.lr = config.lr, .warmup = 0, .beta1 = config.beta1, .beta2 = config.beta2, .weight_decay = 0},
      .every = config.every};
}

AutoencoderBatch AutoencoderStage::draw(const Turn& turn) {
  AutoencoderBatch batch;
  if (latents_) {
    batch.latents_NCHW = latents_->next(turn);
  } else {
    batch.pictures_NCHW =
        random_crop(feed_->next(turn.iteration).pictures_NCHW, config_.crop, config_.crop, turn.random);
    const Shape& latent = decoder_->plan().input;
    batch.noise_NCHW =
        at::randn({batch.pictures_NCHW.size(0), latent.channels, latent.height, latent.width}, turn.random);
  }
  if (discriminator_ && turn.iteration >= config_.discriminator.after) batch.adversarial = at::ones({});
  return batch;
}

AutoencoderStage::Pass AutoencoderStage::pass(const AutoencoderBatch& batch, const Observer& observer) const {
  Pass pass;
  Tensor latent;
  if (latents_) {
    latent = batch.latents_NCHW;
  } else {
    const at::AutoGradMode gradients(at::GradMode::is_enabled() && config_.start.empty());
    pass.wanted_NCHW = to_signed(batch.pictures_NCHW);
    const Posterior encoded = posterior(encoder_->forward(pass.wanted_NCHW, {}, observer));
    latent = encoded.sample(batch.noise_NCHW);
    const auto& [mean, std] = encoded;
    if (config_.start.empty()) pass.kl = 0.5 * (mean.square() + std.square() - 1 - 2 * std.log()).mean();
  }
  if (teacher_) {
    const at::NoGradGuard no_grad;
    pass.wanted_NCHW = teacher_->forward(latent, {}, observer).to(at::kFloat);
  }
  pass.decoded_NCHW = decoder_->forward(latent, {}, observer).to(at::kFloat);
  return pass;
}

Tensor AutoencoderStage::loss(const AutoencoderBatch& batch, const Observer& observer) {
  const auto [wanted, decoded, kl] = pass(batch, observer);
  Tensor likelihood = at::mse_loss(decoded, wanted);
  if (perceptual_) likelihood = likelihood + config_.perceptual.weight * perceptual_(decoded, wanted, observer).mean();
  Tensor total = kl.defined() ? likelihood + config_.kl_weight * kl : likelihood;
  if (!batch.adversarial.defined()) return total;
  const Tensor deceit = adversarial_loss(discriminator_->logits(decoded, ranks_));
  const Tensor last = decoder_->named_parameters()["conv_out.weight"];
  return total + config_.discriminator.weight * adaptive_weight(likelihood, deceit, last, ranks_) * deceit;
}

Tensor AutoencoderStage::Opponent::loss(const AutoencoderBatch& batch, const Observer& observer) {
  // Before the adversarial loss begins there is nothing to learn, but backward() needs a loss that has gradients.
  if (!batch.adversarial.defined()) return 0 * weights().begin()->second.sum();
  Pass pass;
  {
    const at::NoGradGuard no_grad;
    pass = stage_.pass(batch, observer);
  }
  const PatchDiscriminator& discriminator = *stage_.discriminator_;
  const RanksPtr& ranks = stage_.ranks_;
  return hinge_loss(discriminator.logits(pass.wanted_NCHW, ranks), discriminator.logits(pass.decoded_NCHW, ranks));
}

}  // namespace mds
