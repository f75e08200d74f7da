#include "trainer/tune.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>

#include "networks/freeze.h"
#include "pipeline/adapter.h"
#include "pipeline/edges.h"
#include "pipeline/encode.h"
#include "spec/sha256.h"

namespace mds {
namespace {

constexpr const char *adapter_prefix = "adapter.", *lora_prefix = "lora.";
constexpr uint64_t adapter_seed = 7;  // so that an adapter does not begin with a UNet's values

std::vector<int64_t> sampler_timesteps(const ModelCard& card, TunedTimesteps chosen) {
  std::vector<int64_t> timesteps;
  if (chosen == TunedTimesteps::sampler)
    for (const auto& step : steps_of(sampler_of(card), card.schedule->steps)) timesteps.push_back(step.t);
  return timesteps;
}

AdapterSpec adapter_of(const AdapterTuning& tuning, const UNetSpec& unet) {
  AdapterSpec spec = adapter_for(unet, tuning.reduction);
  spec.channels = tuning.channels;
  return spec;
}

void require_addition(const TuneConfig& config) {
  if (!config.adapter && !config.lora) throw ConfigError("stage: trains nothing; needed: adapter or lora");
}

}  // namespace

LatentEdges::LatentEdges(LatentDecoder decoder, const CannyThresholds& thresholds, int64_t channels)
    : decoder_(std::move(decoder)), thresholds_(thresholds), channels_(channels) {
  freeze(*decoder_.network);
  decoder_.network->prepare();
}

Tensor LatentEdges::found(const Tensor& moments) const {
  const torch::NoGradGuard no_grad;
  const Tensor pictures = decode_latents(*decoder_.network, posterior(moments).mode());
  return (edge_controls(pictures, thresholds_).select(1, 0) * 255).to(at::kByte);
}

Tensor LatentEdges::of(const Tensor& moments) {
  const Tensor rows = moments.contiguous();
  std::vector<std::string> keys;
  std::vector<int64_t> fresh;
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const Tensor row = rows[i];
    keys.push_back(sha256({static_cast<const char*>(row.const_data_ptr()), row.nbytes()}));
    if (!kept_.contains(keys.back())) fresh.push_back(i);
  }
  std::map<std::string, Tensor> own;
  if (!fresh.empty()) {
    const Tensor edges = found(rows.index_select(0, at::tensor(fresh)));
    for (size_t i = 0; i < fresh.size(); ++i) own[keys[size_t(fresh[i])]] = edges[int64_t(i)].clone();
  }
  std::vector<Tensor> all;
  for (const auto& key : keys) all.push_back(own.contains(key) ? own.at(key) : kept_.at(key));
  for (auto& [key, edges] : own) {
    if (kept_bytes_ + int64_t(edges.nbytes()) > most_kept_bytes) break;
    kept_bytes_ += int64_t(edges.nbytes());
    kept_.emplace(key, edges);
  }
  return at::stack(all).unsqueeze(1).expand({-1, channels_, -1, -1}).to(at::kFloat) / 255;
}

TuneStage::TuneStage(const TuneConfig& config, const LoopConfig& loop, const LatentSource& latents)
    : config_(config),
      batch_(loop.batch),
      start_(open_predecessor(config.start, latents)),
      schedule_(*start_.card.schedule),
      feed_(latents, loop.batch, loop.seed),
      timesteps_(sampler_timesteps(start_.card, config.timesteps)),
      unet_(start_.unet(loop.placement)) {
  require_addition(config);
  schedule_ = schedule_.on(unet_->device());
  freeze(*unet_);
  unet_->checkpoint_activations(loop.checkpoint_activations);
  card_ = card_after(start_);
  card_.model.unet.reset();
  if (config.lora) lora_.emplace(*unet_, *config.lora, loop.seed, "stage.lora");
  if (config.adapter) {
    card_.model.adapter = adapter_of(*config.adapter, start_.spec());
    adapter_ = make_network(make_plan(*card_.model.adapter), loop.placement);
    initialise(*adapter_, loop.seed + adapter_seed);
    reader_ = latents.reader(loop.batch, loop.seed);
    edges_.emplace(latent_decoder(latents, config.data.encoders, loop.placement), config.adapter->edges,
                   config.adapter->channels);
  }
}

TensorMap TuneStage::weights() const {
  TensorMap weights = adapter_ ? trained_weights(*adapter_, adapter_prefix) : TensorMap{};
  if (lora_) weights.merge(prefixed(lora_->weights(), lora_prefix));
  return weights;
}

Lora TuneStage::lora(const TensorMap& weights) const {
  return lora_ ? lora_->lora(with_prefix(weights, lora_prefix)) : Lora{};
}

Tensor TuneStage::timesteps_of(const Tensor& choice_N) const {
  if (config_.timesteps == TunedTimesteps::sampler) return at::tensor(timesteps_, at::kLong).index_select(0, choice_N);
  if (config_.timesteps == TunedTimesteps::all) return choice_N;
  const double steps = double(schedule_.steps());
  const Tensor u = (choice_N.to(at::kDouble) + 0.5) / steps;
  return ((1 - u.pow(3)) * steps).to(at::kLong).clamp(0, schedule_.steps() - 1);
}

// Those of examples outside the turn's share are black.
Tensor TuneStage::control_of(const Turn& turn) {
  const auto [first, count] = turn.share.value_or(Share{0, batch_});
  const Tensor own = edges_->of(reader_->batch(turn.iteration, first, count).moments);
  if (!turn.share) return own;
  Tensor all = at::zeros({batch_, own.size(1), own.size(2), own.size(3)});
  all.narrow(0, first, count).copy_(own);
  return all;
}

TuneBatch TuneStage::draw(const Turn& turn) {
  const int64_t choices = timesteps_.empty() ? schedule_.steps() : int64_t(timesteps_.size());
  TuneBatch batch{feed_.next(turn, choices, config_.caption_dropout)};
  batch.t_N = timesteps_of(batch.t_N);
  if (edges_) batch.control_NCHW = control_of(turn);
  return batch;
}

Tensor TuneStage::loss(const TuneBatch& batch, const Observer& observer) {
  const Tensor x = schedule_.noised(batch.x0_NCHW, batch.noise_NCHW, batch.t_N);
  const Amplitudes at_t{schedule_.a(batch.t_N), schedule_.s(batch.t_N)};
  UNetInputs inputs{batch.t_N, batch.text_NSC};
  if (adapter_) inputs.controls = controls_of(*adapter_, batch.control_NCHW, unet_->plan());
  const Tensor output = predicted(*unet_, x, inputs, observer);
  return at::mse_loss(output, target(start_.card.prediction, {batch.x0_NCHW, batch.noise_NCHW}, at_t));
}

StagePtr make_stage(const TuneConfig& config, const StageInputs& inputs) {
  return std::make_unique<TuneStage>(config, inputs.loop, inputs.latents);
}

std::vector<PlannedNetwork> planned_networks(const TuneConfig& config, const PlanInputs&) {
  require_addition(config);
  const UNetSpec unet = planned_unet(config.start);
  std::vector<PlannedNetwork> networks{
      {.name = "unet", .plan = make_plan(unet), .trained = false, .passes = {.through = 1}}};
  if (config.adapter) networks.push_back({.name = "adapter", .plan = make_plan(adapter_of(*config.adapter, unet))});
  return networks;
}

}  // namespace mds
