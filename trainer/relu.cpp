#include "trainer/relu.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "blocks/layer_modules.h"

namespace mds {
namespace {

constexpr int64_t batches_for_gains = 8;
constexpr const char* gain_ending = ".qkv.log_gain";

std::map<std::string, AttentionLayer*> attentions_of(const Network& unet) {
  std::map<std::string, AttentionLayer*> found;
  for (const auto& item : unet.named_modules(/*name_prefix=*/"", /*include_self=*/false))
    if (auto* layer = dynamic_cast<AttentionLayer*>(item.value().get())) found[item.key()] = layer;
  return found;
}

NetworkPtr started(const Predecessor& start, const UNetSpec& unet) {
  return load_part(start.folder, "unet", make_plan(unet));
}

BaseConfig base_of(const ReluConfig& config, const ModelCard& card) {
  BaseConfig base;
  base.prediction = card.prediction;
  base.schedule = *card.schedule;
  base.caption_dropout = config.caption_dropout;
  return base;
}

}  // namespace

UNetSpec with_relu(const UNetSpec& spec, const std::string& source) {
  UNetSpec relu = spec;
  for (auto& level : relu.levels) level.stack.attention = AttentionFunction::relu;
  relu = canonical(std::move(relu));
  if (relu == canonical(spec))
    throw ConfigError(source + "/model.json: the attentions of the unet are relu already; needed: softmax");
  return relu;
}

ReluStage::ReluStage(const ReluConfig& config, const LoopConfig& loop, const LatentSet& latents)
    : config_(config),
      start_(open_predecessor(config.start, latents)),
      unet_(with_relu(start_.spec(), config.start)),
      base_(started(start_, unet_), base_of(config, start_.card), loop, latents) {
  if (config.swap == Swap::blend) {
    softmax_share_ = at::ones({}, at::device(compute_device()));
    for (auto& [path, layer] : attentions_of(base_.unet())) layer->tuning().softmax_share = softmax_share_;
  }
  if (config.swap == Swap::gain) find_gains(loop);
}

void ReluStage::find_gains(const LoopConfig& loop) {
  torch::NoGradGuard no_grad;
  const auto layers = attentions_of(base_.unet());
  for (auto& [path, layer] : layers)
    layer->tuning().row_sums = at::zeros({layer->op().heads}, at::device(compute_device()));
  for (int64_t i = 0; i < batches_for_gains; ++i) {
    base_.loss_of(on_compute_device(base_.batch({i, generator_for(loop.seed, i, /*purpose=*/4)})), {});
  }
  for (auto& [path, layer] : layers) {
    AttentionTuning& tuning = layer->tuning();
    // A head whose scores are all negative has row sums of 0, from which no gain follows: it keeps a gain of 1.
    const Tensor mean = tuning.row_sums / double(batches_for_gains);
    tuning.log_gain = at::where(mean > 0, -mean.clamp_min(1e-6).log(), at::zeros_like(mean));
    tuning.row_sums = Tensor();
    log_gains_[path + ".log_gain"] = tuning.log_gain;
  }
}

TensorMap ReluStage::weights() const {
  TensorMap all = base_.weights();
  for (const auto& [name, gain] : log_gains_) all[name] = gain;
  return all;
}

ReluBatch ReluStage::draw(const Turn& turn) {
  ReluBatch batch{base_.draw(turn)};
  if (softmax_share_.defined()) {
    const double share = std::max(0.0, 1 - double(turn.iteration) / double(config_.blend_iterations));
    batch.softmax_share = at::scalar_tensor(share, at::kFloat);
  }
  return batch;
}

Tensor ReluStage::loss(const ReluBatch& batch, const Observer& observer) {
  if (softmax_share_.defined()) softmax_share_.copy_(batch.softmax_share);
  return base_.loss(batch, observer);
}

StageCard ReluStage::card() const {
  StageCard card = card_after(start_);
  card.model.unet = unet_;
  card.model.provenance = {};  // the candidate is the network with softmax
  return card;
}

StagePtr make_stage(const ReluConfig& config, const StageInputs& inputs) {
  return std::make_unique<ReluStage>(config, inputs.loop, inputs.latents);
}

std::vector<PlannedNetwork> planned_networks(const ReluConfig& config, const PlanInputs&) {
  return {{.name = "unet", .plan = make_plan(with_relu(planned_unet(config.start), config.start))}};
}

TensorMap with_folded_gains(TensorMap weights) {
  TensorMap folded;
  for (const auto& [name, tensor] : weights) {
    if (!name.ends_with(gain_ending)) continue;
    const std::string out = name.substr(0, name.size() - std::string(gain_ending).size()) + ".out.weight";
    const Tensor& projection = weights.at(out);
    const int64_t head_width = projection.size(1) / tensor.numel();
    folded[out] = projection * tensor.exp().repeat_interleave(head_width).unsqueeze(0);
  }
  for (auto& [name, tensor] : folded) weights[name] = tensor;
  std::erase_if(weights, [](const auto& item) { return item.first.ends_with(gain_ending); });
  return weights;
}

}  // namespace mds
