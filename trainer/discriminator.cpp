#include "trainer/discriminator.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>

#include "networks/freeze.h"

namespace mds {
namespace {

constexpr int64_t head_width = 32;

// Heads read the maps of the way down and of the middle, at blocks whose output is a map.
bool has_head(const PlanStep& step) {
  return (step.path.starts_with("down") || step.path.starts_with("mid")) && step.out.kind == ShapeKind::map;
}

}  // namespace

DiscriminatorHeads::DiscriminatorHeads(const Network& unet, uint64_t seed) {
  const auto zeros = [&](at::IntArrayRef sizes) { return at::zeros(sizes, at::device(unet.device())); };
  int64_t i = 0;
  for (const PlanStep& step : unet.plan().steps) {
    if (!has_head(step)) continue;
    const int64_t channels = step.out.channels;
    const Tensor first =
        at::randn({head_width, channels, 1, 1}, generator_for(seed, i++)) / std::sqrt(double(channels));
    heads_[step.path] = {.in_weight = first.to(unet.device()),
                         .in_bias = zeros({head_width}),
                         .out_weight = zeros({1, head_width, 1, 1}),
                         .out_bias = zeros({1})};
  }
}

TensorMap DiscriminatorHeads::weights() const {
  TensorMap weights;
  for (const auto& [path, head] : heads_) {
    weights[path + ".in.weight"] = head.in_weight;
    weights[path + ".in.bias"] = head.in_bias;
    weights[path + ".out.weight"] = head.out_weight;
    weights[path + ".out.bias"] = head.out_bias;
  }
  return weights;
}

Tensor DiscriminatorHeads::logits(const Network& unet, const Tensor& x_NCHW, const UNetInputs& inputs,
                                  const Observer& observer) const {
  std::vector<Tensor> logits;
  const auto heads = [&](const PlanStep& step, Tensor x) {
    if (const auto found = heads_.find(step.path); found != heads_.end()) {
      const Head& head = found->second;
      const Tensor features = at::group_norm(x.to(at::kFloat), /*num_groups=*/1);
      const Tensor hidden = at::silu(at::conv2d(features, head.in_weight, head.in_bias));
      logits.push_back(at::conv2d(hidden, head.out_weight, head.out_bias).flatten(1).to(at::kFloat));
    }
    return x;
  };
  predicted(unet, x_NCHW, inputs, compose({heads, observer}));
  return at::cat(logits, 1);
}

Discriminator::Discriminator(DiscriminatorKind kind, const Predecessor& start, const LoopConfig& loop)
    : unet_(start.unet(loop.placement)) {
  unet_->checkpoint_activations(loop.checkpoint_activations);
  if (kind == DiscriminatorKind::heads) {
    freeze(*unet_);
    heads_.emplace(*unet_, loop.seed);
    return;
  }
  torch::NoGradGuard no_grad;
  for (auto& item : unet_->named_parameters())
    if (item.key().starts_with("conv_out.")) item.value().zero_();
}

Discriminator::Discriminator(std::unique_ptr<ProjectedDiscriminator> projected) : projected_(std::move(projected)) {}

TensorMap Discriminator::weights() const {
  if (projected_) return projected_->weights();
  return heads_ ? heads_->weights() : trained_weights(*unet_);
}

std::function<Tensor(const Tensor&)> Discriminator::decoded() const {
  if (!projected_) return {};
  return [projected = projected_.get()](const Tensor& x0) { return projected->decoded(x0); };
}

Tensor Discriminator::logits(const Tensor& x_NCHW, const UNetInputs& inputs, const Observer& observer) const {
  if (projected_) return projected_->logits(x_NCHW);
  if (heads_) return heads_->logits(*unet_, x_NCHW, inputs, observer);
  return predicted(*unet_, x_NCHW, inputs, observer).flatten(1);
}

}  // namespace mds
