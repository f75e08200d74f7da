#include "trainer/tune.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "networks/freeze.h"

namespace mds {
namespace {

std::vector<int64_t> sampler_timesteps(const ModelCard& card, TunedTimesteps chosen) {
  std::vector<int64_t> timesteps;
  if (chosen == TunedTimesteps::sampler)
    for (const auto& step : steps_of(sampler_of(card), card.schedule->steps)) timesteps.push_back(step.t);
  return timesteps;
}

void check_additions(const TuneConfig& config) {
  const int controls = int(config.adapter.has_value()) + int(config.controlnet.has_value()),
            others = int(config.grounding.has_value()) + int(config.lora.has_value());
  if (controls + others == 0 || controls > 1 || (controls == 1 && others > 0))
    throw ConfigError("stage: adds " + std::to_string(controls + others) +
                      " things; needed: one of adapter, controlnet, grounding and lora, or the last two");
}

struct Tuned {
  NetworkPtr unet;
  std::vector<std::unique_ptr<Addition>> additions{};
};

Tuned tuned(const TuneConfig& config, const AdditionInputs& inputs) {
  check_additions(config);
  Tuned all;
  if (config.grounding) {
    auto grounding = std::make_unique<GroundingAddition>(*config.grounding, inputs);
    all.unet = grounding->unet();
    all.additions.push_back(std::move(grounding));
  } else {
    all.unet = inputs.start.unet(inputs.loop.placement);
    freeze(*all.unet);
  }
  if (config.adapter) all.additions.push_back(std::make_unique<AdapterAddition>(*config.adapter, inputs));
  if (config.controlnet) all.additions.push_back(std::make_unique<ControlNetAddition>(*config.controlnet, inputs));
  if (config.lora) all.additions.push_back(std::make_unique<LoraAddition>(*config.lora, inputs, *all.unet));
  return all;
}

}  // namespace

TuneStage::TuneStage(const TuneConfig& config, const LoopConfig& loop, const LatentSource& latents)
    : config_(config),
      start_(open_predecessor(config.start, latents)),
      schedule_(*start_.card.schedule),
      feed_(latents, loop.batch, loop.seed),
      others_(config.caption_swap > 0 ? latents.reader(loop.batch, loop.seed + 1) : nullptr),
      timesteps_(sampler_timesteps(start_.card, config.timesteps)),
      card_(card_after(start_)) {
  Tuned made = tuned(config_, {start_, loop, latents, config_.data});
  unet_ = made.unet;
  additions_ = std::move(made.additions);
  schedule_ = schedule_.on(unet_->device());
  unet_->checkpoint_activations(loop.checkpoint_activations);
  card_.model.unet.reset();
  for (const auto& each : additions_) each->describe(card_.model);
}

TensorMap TuneStage::weights() const {
  TensorMap all;
  for (const auto& each : additions_) all.merge(each->weights());
  return all;
}

Tensor TuneStage::timesteps_of(const Tensor& choice_N) const {
  if (config_.timesteps == TunedTimesteps::sampler) return at::tensor(timesteps_, at::kLong).index_select(0, choice_N);
  if (config_.timesteps == TunedTimesteps::all) return choice_N;
  const double steps = double(schedule_.steps());
  const Tensor u = (choice_N.to(at::kDouble) + 0.5) / steps;
  return ((1 - u.pow(3)) * steps).to(at::kLong).clamp(0, schedule_.steps() - 1);
}

void TuneStage::swap_captions(const Turn& turn, Tensor& text_NSC) {
  if (!others_) return;
  const int64_t batch = text_NSC.size(0);
  const auto [first, count] = share_of(turn, batch);
  const Tensor others = among_zeros(others_->batch(turn.iteration, first, count).text, first, batch);
  const Tensor swapped = at::rand({batch, 1, 1}, turn.random) < config_.caption_swap;
  text_NSC = at::where(swapped, others.to(at::kFloat), text_NSC);
}

TuneBatch TuneStage::draw(const Turn& turn) {
  const int64_t choices = timesteps_.empty() ? schedule_.steps() : int64_t(timesteps_.size());
  TuneBatch batch{feed_.next(turn, choices, config_.caption_dropout)};
  batch.t_N = timesteps_of(batch.t_N);
  swap_captions(turn, batch.text_NSC);
  for (const auto& each : additions_) each->draw(turn, batch);
  return batch;
}

Tensor TuneStage::loss(const TuneBatch& batch, const Observer& observer) {
  const Tensor x = schedule_.noised(batch.x0_NCHW, batch.noise_NCHW, batch.t_N);
  const Amplitudes at_t{schedule_.a(batch.t_N), schedule_.s(batch.t_N)};
  UNetInputs inputs{batch.t_N, batch.text_NSC};
  for (const auto& each : additions_) each->join(batch, x, inputs);
  const Tensor output = predicted(*unet_, x, inputs, observer);
  return at::mse_loss(output, target(start_.card.prediction, {batch.x0_NCHW, batch.noise_NCHW}, at_t));
}

StagePtr make_stage(const TuneConfig& config, const StageInputs& inputs) {
  return std::make_unique<TuneStage>(config, inputs.loop, inputs.latents);
}

std::vector<PlannedNetwork> planned_networks(const TuneConfig& config, const PlanInputs& inputs) {
  check_additions(config);
  UNetSpec unet = planned_unet(config.start);
  std::vector<PlannedNetwork> added;
  if (config.adapter) added = {{.name = "adapter", .plan = make_plan(adapter_of(*config.adapter, unet))}};
  if (config.controlnet)
    added = {{.name = "controlnet", .plan = make_plan(ControlNetSpec{unet})},
             {.name = "hint", .plan = make_plan(hint_of(*config.controlnet, unet))}};
  if (config.grounding) {
    const int64_t before = cost(make_plan(unet)).params;
    unet = grounded(unet, *config.grounding, config.start);
    inputs.notes.push_back("Of the UNet only what grounding adds is trained: " +
                           std::to_string(cost(make_plan(unet)).params - before) + " parameters.");
  }
  added.insert(added.begin(), {.name = "unet", .plan = make_plan(unet), .trained = false, .passes = {.through = 1}});
  return added;
}

}  // namespace mds
