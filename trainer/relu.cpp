#include "trainer/relu.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "blocks/layer_modules.h"

namespace mds {
namespace {

constexpr int64_t batches_for_gains = 8;
constexpr AttentionNames attention_names;
constexpr const char* gain_ending = ".log_gain";  // of a weight, behind the path of its attention

// The weight of the projection behind the attention to which the gain belongs.
std::string projection_of(std::string_view gain) {
  gain.remove_suffix(attention_names.attention.name.size() + std::string_view(gain_ending).size());
  return std::string(gain) + attention_names.out.text() + ".weight";
}

std::map<std::string, AttentionLayer*> attentions_of(const Network& unet) {
  std::map<std::string, AttentionLayer*> found;
  for (const auto& item : unet.named_modules(/*name_prefix=*/"", /*include_self=*/false))
    if (auto* layer = dynamic_cast<AttentionLayer*>(item.value().get())) found[item.key()] = layer;
  return found;
}

NetworkPtr started(const Predecessor& start, const UNetSpec& unet, const Placement& placement) {
  return load_part(start.folder, "unet", make_plan(unet), placement);
}

// What is saved is the network with relu alone.
ReluConfig checked(const ReluConfig& config, const LoopConfig& loop) {
  if (config.swap == Swap::blend && config.blend_iterations >= loop.iterations)
    throw ConfigError("stage.blend_iterations is " + std::to_string(config.blend_iterations) +
                      "; allowed with swap \"blend\": less than loop.iterations, " + std::to_string(loop.iterations) +
                      ", so that relu alone is trained at last");
  return config;
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

ReluStage::ReluStage(const ReluConfig& config, const LoopConfig& loop, const LatentSource& latents)
    : config_(checked(config, loop)),
      start_(open_predecessor(config.start, latents)),
      unet_(with_relu(start_.spec(), config.start)),
      base_(started(start_, unet_, loop.placement), base_of(config, start_.card), loop, latents) {
  if (config.target == ReluTarget::start) base_.learn_from(start_.teaching_unet(loop.placement, loop.dtype));
  if (config.swap == Swap::blend) blend();
  if (config.swap == Swap::gain) find_gains(loop);
}

void ReluStage::blend() {
  softmax_share_ = at::ones({}, at::device(base_.unet().device()));
  for (auto& [path, layer] : attentions_of(base_.unet()))
    layer->replace([share = softmax_share_](const AttentionOp& op, const AttentionInput& in) {
      AttentionOp softmax = op;
      softmax.function = AttentionFunction::softmax;
      return (1 - share) * attend(op, in) + share * attend(softmax, in);
    });
}

void ReluStage::find_gains(const LoopConfig& loop) {
  torch::NoGradGuard no_grad;
  const auto layers = attentions_of(base_.unet());
  TensorMap row_sums;  // by path, H
  for (auto& [path, layer] : layers) {
    row_sums[path] = at::zeros({layer->op().heads}, at::device(base_.unet().device()));
    layer->replace([sums = row_sums[path]](const AttentionOp& op, const AttentionInput& in) {
      sums.add_(relu_weights(op, in).sum(-1).mean(at::IntArrayRef{0, 2}));
      return attend(op, in);
    });
  }
  for (int64_t i = 0; i < batches_for_gains; ++i) {
    const Batch batch = base_.batch({i, generator_for(loop.seed, i, /*purpose=*/4)});
    base_.loss_of(on_device(batch, base_.unet().device()), {});
  }
  for (auto& [path, layer] : layers) {
    // A head whose scores are all negative has row sums of 0, from which no gain follows: it keeps a gain of 1.
    const Tensor mean = row_sums[path] / double(batches_for_gains);
    const Tensor log_gain = at::where(mean > 0, -mean.clamp_min(1e-6).log(), at::zeros_like(mean));
    layer->replace([log_gain](const AttentionOp& op, const AttentionInput& in) {
      return (attend(op, in).unflatten(-1, {op.heads, -1}) * log_gain.exp().unsqueeze(-1)).flatten(2);
    });
    log_gains_[path + gain_ending] = log_gain;
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
  const UNetSpec softmax = planned_unet(config.start);
  std::vector<PlannedNetwork> networks{{.name = "unet", .plan = make_plan(with_relu(softmax, config.start))}};
  if (config.target == ReluTarget::start)
    networks.push_back({.name = "softmax", .plan = make_plan(softmax), .trained = false, .passes = {.plain = 1}});
  return networks;
}

TensorMap with_folded_gains(TensorMap weights) {
  TensorMap folded;
  for (const auto& [name, tensor] : weights) {
    if (!name.ends_with(gain_ending)) continue;
    const std::string out = projection_of(name);
    const Tensor& projection = weights.at(out);
    const int64_t head_width = projection.size(1) / tensor.numel();
    folded[out] = projection * tensor.exp().repeat_interleave(head_width).unsqueeze(0);
  }
  for (auto& [name, tensor] : folded) weights[name] = tensor;
  std::erase_if(weights, [](const auto& item) { return item.first.ends_with(gain_ending); });
  return weights;
}

}  // namespace mds
