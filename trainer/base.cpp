#include "trainer/base.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <filesystem>

#include "search/named_network.h"

namespace mds {
namespace {

constexpr double min_snr_gamma = 5;

std::optional<ModelCard> card_if_there(const std::string& folder) {
  std::string file;
  try {
    file = shipped_file(folder + "/model.json");
  } catch (const FileError&) {
    return {};
  }
  return load_card(std::filesystem::path(file).parent_path().string());
}

// Changes the UNet to the sizes that these encoders produce, as training would.
void fit_to(UNetSpec& unet, const EncoderFolders& encoders, std::vector<std::string>& notes) {
  const auto autoencoder = card_if_there(encoders.autoencoder), text = card_if_there(encoders.text);
  if (autoencoder && autoencoder->vae_encoder) {
    const Shape moments = make_plan(*autoencoder->vae_encoder).steps.back().out;
    unet.latent_channels = moments.channels / 2;
    unet.size = moments.height;
  } else {
    notes.push_back("The shape of latents is the network's own, as " + encoders.autoencoder + " has no encoder.");
  }
  if (text && text->text_encoder) {
    unet.text_tokens = text->text_encoder->tokens;
    unet.text_width = text->text_encoder->width;
  } else {
    notes.push_back("The shape of texts is the network's own, as " + encoders.text + " has no text encoder.");
  }
}

BaseStart seeded(const UNetSpec& unet, const LoopConfig& loop) {
  BaseStart start{.unet = make_network(make_plan(unet), loop.placement)};
  initialise(*start.unet, loop.seed);
  start.card.model.unet = unet;
  return start;
}

}  // namespace

Tensor min_snr_weight(Prediction prediction, const Amplitudes& at_t) {
  const Tensor signal = at_t.a.square(), capped = min_snr_gamma * at_t.s.square();  // SNR and gamma, both times s^2
  if (prediction == Prediction::v) return at::minimum(signal, capped);
  return (capped / signal).clamp_max(1);
}

UNetSpec proxy_of(const UNetSpec& unet, int64_t width_divisor, const LatentSource& latents) {
  UNetSpec proxy = scaled(unet, width_divisor);
  const LatentShape shape = latents.shape();
  proxy.latent_channels = shape.channels;
  proxy.size = shape.size;
  proxy.text_tokens = shape.tokens;
  proxy.text_width = shape.width;
  return proxy;
}

BaseStage::BaseStage(const UNetSpec& unet, const BaseConfig& config, const LoopConfig& loop,
                     const LatentSource& latents)
    : BaseStage(seeded(unet, loop), config, loop, latents) {}

BaseStage::BaseStage(BaseStart start, const BaseConfig& config, const LoopConfig& loop, const LatentSource& latents)
    : config_(config),
      schedule_(NoiseSchedule(config.schedule).on(start.unet->device())),
      feed_(latents, loop.batch, loop.seed),
      unet_(std::move(start.unet)),
      card_(std::move(start.card)) {
  card_.model.prediction = config.prediction;
  card_.model.schedule = config.schedule;
  if (config.prediction == Prediction::x0)
    throw ConfigError("stage.prediction is \"x0\"; base training predicts epsilon or v");
  if (const int64_t pixels = pixels_a_latent * latents.shape().size; config.size > 0 && config.size != pixels)
    throw ConfigError("stage.size is " + std::to_string(config.size) + "; the latents are of " +
                      std::to_string(pixels) + " px");
  unet_->checkpoint_activations(loop.checkpoint_activations);
}

LatentBatch BaseStage::draw(const Turn& turn) {
  LatentBatch batch = feed_.next(turn, schedule_.steps(), config_.caption_dropout);
  Tensor& noise = batch.noise_NCHW;
  if (config_.noise_offset > 0)
    noise = noise + config_.noise_offset * at::randn({noise.size(0), noise.size(1), 1, 1}, turn.random);
  return batch;
}

Tensor BaseStage::wanted(const LatentBatch& batch, const Tensor& x, const Amplitudes& at_t) const {
  if (!teacher_) return target(config_.prediction, {batch.x0_NCHW, batch.noise_NCHW}, at_t);
  const torch::NoGradGuard no_grad;
  return predicted(*teacher_, x, {batch.t_N, batch.text_NSC});
}

Tensor BaseStage::loss(const LatentBatch& batch, const Observer& observer) {
  const auto& [x0, noise, t, text] = batch;
  const Tensor x = schedule_.noised(x0, noise, t);
  const Amplitudes at_t{schedule_.a(t), schedule_.s(t)};
  const Tensor wanted = this->wanted(batch, x, at_t);
  const Tensor output = predicted(*unet_, x, {t, text}, observer);
  if (config_.weight == LossWeight::plain) return at::mse_loss(output, wanted);
  return (min_snr_weight(config_.prediction, at_t) * (output - wanted).square()).mean();
}

StagePtr make_stage(const BaseConfig& config, const StageInputs& inputs) {
  const auto& [loop, latents, database] = inputs;
  if (!config.start.empty()) {
    const Predecessor start = open_predecessor_of_any_size(config.start, latents);
    return std::make_unique<BaseStage>(BaseStart{start.unet(loop.placement), card_after(start)}, config, loop, latents);
  }
  const NamedNetwork named = find_network(config.unet, database);
  const auto* unet = std::get_if<UNetSpec>(&named.spec);
  if (!unet) throw ConfigError("stage.unet is \"" + config.unet + "\", which is no UNet; allowed: a UNet");
  BaseStart start = seeded(proxy_of(*unet, config.width_divisor, latents), loop);
  Provenance& provenance = start.card.model.provenance;
  provenance.candidate = named.name;
  provenance.network = hash_of(named.spec);
  provenance.sweep = named.sweep;
  return std::make_unique<BaseStage>(std::move(start), config, loop, latents);
}

UNetSpec planned_proxy(const UNetSpec& unet, const BaseConfig& config, std::vector<std::string>& notes) {
  UNetSpec proxy = scaled(unet, config.width_divisor);
  fit_to(proxy, config.data.encoders, notes);
  if (config.size % pixels_a_latent != 0)
    throw ConfigError("stage.size is " + std::to_string(config.size) + "; allowed: multiples of " +
                      std::to_string(pixels_a_latent));
  if (config.size > 0) proxy.size = config.size / pixels_a_latent;
  return proxy;
}

std::vector<PlannedNetwork> planned_networks(const BaseConfig& config, const PlanInputs& inputs) {
  UNetSpec unet = planned_proxy(find_unet(config.unet, inputs.database), config, inputs.notes);
  const auto start = config.start.empty() ? std::nullopt : card_if_there(config.start);
  if (start && start->unet) {
    const int64_t size = unet.size;
    unet = *start->unet;
    unet.size = size;
  } else if (!config.start.empty()) {
    inputs.notes.push_back(config.start + " is not there yet: planned by unet and width_divisor.");
  }
  return {{.name = "unet", .plan = make_plan(unet)}};
}

}  // namespace mds
