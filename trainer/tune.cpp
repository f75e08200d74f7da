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

constexpr const char *adapter_prefix = "adapter.", *unet_prefix = "unet.";
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

// The rows among `count`, from `first` on; the others are zeros.
Tensor among_zeros(const Tensor& rows, int64_t first, int64_t count) {
  if (rows.size(0) == count) return rows;
  std::vector<int64_t> sizes = rows.sizes().vec();
  sizes[0] = count;
  Tensor all = at::zeros(sizes, rows.options());
  all.narrow(0, first, rows.size(0)).copy_(rows);
  return all;
}

void require_addition(const TuneConfig& config) {
  if (config.adapter.has_value() == config.grounding.has_value())
    throw ConfigError(std::string("stage: trains ") + (config.adapter ? "two additions" : "nothing") +
                      "; needed: adapter or grounding");
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
      reader_(latents.reader(loop.batch, loop.seed)),
      card_(card_after(start_)) {
  require_addition(config);
  card_.model.unet.reset();
  if (config.adapter)
    add_adapter(loop, latents);
  else
    add_grounding(loop, latents);
  schedule_ = schedule_.on(unet_->device());
  unet_->checkpoint_activations(loop.checkpoint_activations);
}

void TuneStage::add_adapter(const LoopConfig& loop, const LatentSource& latents) {
  unet_ = start_.unet(loop.placement);
  freeze(*unet_);
  card_.model.adapter = adapter_of(*config_.adapter, start_.spec());
  adapter_ = make_network(make_plan(*card_.model.adapter), loop.placement);
  initialise(*adapter_, loop.seed + adapter_seed);
  LatentDecoder decoder = latent_decoder(latents, config_.data.encoders, loop.placement);
  if (const Extent read = extent_of(*card_.model.adapter), made = decoder.network->plan().steps.back().out.extent();
      read != made)
    throw ConfigError("stage.adapter reads pictures of " + to_string(read) + ", " + std::to_string(pixels_a_latent) +
                      " a latent, and " + config_.data.encoders.autoencoder + " decodes to " + to_string(made) +
                      "; needed: an autoencoder of factor " + std::to_string(pixels_a_latent));
  edges_.emplace(std::move(decoder), config_.adapter->edges, config_.adapter->channels);
}

void TuneStage::add_grounding(const LoopConfig& loop, const LatentSource& latents) {
  if (!latents.reader(1, loop.seed)->batch(0, 0, 1).layouts.defined())
    throw ConfigError("stage.latents: " + config_.data.latents +
                      " holds no layouts, from which grounding is trained; allowed: emoji-pairs, or a folder whose "
                      "metadata.jsonl has \"layout\"");
  card_.model.unet = grounded(start_.spec(), *config_.grounding, config_.start);
  card_.model.sampler = start_.card.sampler;
  card_.model.no_guidance = start_.card.no_guidance;
  card_.model.base = config_.start;
  unet_ = grounded_unet(start_, *card_.model.unet, loop);
}

TensorMap TuneStage::weights() const {
  return adapter_ ? trained_weights(*adapter_, adapter_prefix) : added_weights(*unet_, start_.spec(), unet_prefix);
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
  return among_zeros(edges_->of(reader_->batch(turn.iteration, first, count).moments), first, batch_);
}

// Those of examples outside the turn's share are empty.
LayoutRows TuneStage::layouts_of(const Turn& turn) {
  const auto [first, count] = turn.share.value_or(Share{0, batch_});
  LayoutRows rows = with_slots(reader_->batch(turn.iteration, first, count).layouts, config_.grounding->boxes);
  LayoutRows::for_each(
      rows, [&, first = first](const char*, Tensor& x) { x = among_zeros(x.to(at::kFloat), first, batch_); });
  const Tensor dropped = at::rand({batch_, 1}, turn.random) < config_.grounding->layout_dropout;
  rows.mask_NB = at::where(dropped, at::zeros({}), rows.mask_NB);
  return rows;
}

TuneBatch TuneStage::draw(const Turn& turn) {
  const int64_t choices = timesteps_.empty() ? schedule_.steps() : int64_t(timesteps_.size());
  TuneBatch batch{feed_.next(turn, choices, config_.caption_dropout)};
  batch.t_N = timesteps_of(batch.t_N);
  if (edges_) batch.control_NCHW = control_of(turn);
  if (config_.grounding) batch.layouts = layouts_of(turn);
  return batch;
}

Tensor TuneStage::loss(const TuneBatch& batch, const Observer& observer) {
  const Tensor x = schedule_.noised(batch.x0_NCHW, batch.noise_NCHW, batch.t_N);
  const Amplitudes at_t{schedule_.a(batch.t_N), schedule_.s(batch.t_N)};
  UNetInputs inputs{batch.t_N, batch.text_NSC};
  inputs.layouts = batch.layouts;
  if (adapter_) inputs.controls = controls_of(*adapter_, batch.control_NCHW, unet_->plan());
  const Tensor output = predicted(*unet_, x, inputs, observer);
  return at::mse_loss(output, target(start_.card.prediction, {batch.x0_NCHW, batch.noise_NCHW}, at_t));
}

StagePtr make_stage(const TuneConfig& config, const StageInputs& inputs) {
  return std::make_unique<TuneStage>(config, inputs.loop, inputs.latents);
}

std::vector<PlannedNetwork> planned_networks(const TuneConfig& config, const PlanInputs& inputs) {
  require_addition(config);
  UNetSpec unet = planned_unet(config.start);
  if (config.grounding) {
    const int64_t before = cost(make_plan(unet)).params;
    unet = grounded(unet, *config.grounding, config.start);
    inputs.notes.push_back("Of the UNet only what grounding adds is trained: " +
                           std::to_string(cost(make_plan(unet)).params - before) + " parameters.");
  }
  std::vector<PlannedNetwork> networks{
      {.name = "unet", .plan = make_plan(unet), .trained = false, .passes = {.through = 1}}};
  if (config.adapter) networks.push_back({.name = "adapter", .plan = make_plan(adapter_of(*config.adapter, unet))});
  return networks;
}

}  // namespace mds
