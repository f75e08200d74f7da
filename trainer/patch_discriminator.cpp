#include "trainer/patch_discriminator.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>

#include "networks/network.h"
#include "trainer/stage.h"

namespace mds {
namespace {

constexpr int64_t kernel = 4;
constexpr double deviation = 0.02;  // of initial weights; of norms' around 1
constexpr std::array<int64_t, 3> inner_strides{2, 2, 1};
constexpr double epsilon = 1e-5;

Tensor batch_norm(const Tensor& x_NCHW, const Tensor& weight, const Tensor& bias, const RanksPtr& ranks) {
  if (!ranks)
    return at::batch_norm(x_NCHW, weight, bias, /*running_mean=*/{}, /*running_var=*/{}, /*training=*/true,
                          /*momentum=*/0, epsilon, /*cudnn_enabled=*/true);
  const auto mean_of = [&](const Tensor& x) {
    return mean_over(ranks, x.to(at::kFloat).mean(at::IntArrayRef{0, 2, 3}, /*keepdim=*/true));
  };
  const auto along_channels = [](const Tensor& x) { return x.view({1, -1, 1, 1}); };
  const Tensor off = x_NCHW - mean_of(x_NCHW);
  return off * (mean_of(off.square()) + epsilon).rsqrt() * along_channels(weight) + along_channels(bias);
}

}  // namespace

PatchDiscriminator::PatchDiscriminator(int64_t width, uint64_t seed, at::Device device) {
  at::Generator random = generator_for(seed, 0);
  const auto normal = [&](at::IntArrayRef sizes) { return deviation * at::randn(sizes, random); };
  const auto here = [&](const Tensor& x) { return x.to(device); };
  const auto zeros = [&](int64_t n) { return here(at::zeros({n})); };
  const auto convolution = [&](int64_t in, int64_t out) { return here(normal({out, in, kernel, kernel})); };
  layers_.push_back({.weight = convolution(3, width), .bias = zeros(width), .norm_weight = {}, .stride = 2});
  for (const int64_t stride : inner_strides) {
    layers_.push_back({.weight = convolution(width, 2 * width),
                       .bias = {},
                       .norm_weight = here(1 + normal({2 * width})),
                       .norm_bias = zeros(2 * width),
                       .stride = stride});
    width *= 2;
  }
  layers_.push_back({.weight = convolution(width, 1), .bias = zeros(1), .norm_weight = {}, .stride = 1});
}

TensorMap PatchDiscriminator::weights() const {
  TensorMap weights;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const std::string name = "patch." + std::to_string(i) + ".";
    weights[name + "weight"] = layer.weight;
    if (layer.bias.defined()) weights[name + "bias"] = layer.bias;
    if (!layer.norm_weight.defined()) continue;
    weights[name + "norm.weight"] = layer.norm_weight;
    weights[name + "norm.bias"] = layer.norm_bias;
  }
  return weights;
}

Tensor PatchDiscriminator::logits(const Tensor& x_NCHW, const RanksPtr& ranks) const {
  Tensor x = x_NCHW;
  for (const Layer& layer : layers_) {
    x = at::conv2d(x, layer.weight, layer.bias, layer.stride, /*padding=*/1);
    if (layer.norm_weight.defined()) x = batch_norm(x, layer.norm_weight, layer.norm_bias, ranks);
    if (&layer != &layers_.back()) x = at::leaky_relu(x, 0.2);
  }
  return x.to(at::kFloat);
}

Tensor hinge_loss(const Tensor& logits_of_real, const Tensor& logits_of_drawn) {
  return 0.5 * (at::relu(1 - logits_of_real).mean() + at::relu(1 + logits_of_drawn).mean());
}

Tensor adaptive_weight(const Tensor& others, const Tensor& adversarial, const Tensor& last, const RanksPtr& ranks) {
  const auto steepness = [&](const Tensor& loss) {
    return mean_over(ranks, torch::autograd::grad({loss}, {last}, /*grad_outputs=*/{}, /*retain_graph=*/true)[0])
        .norm();
  };
  return (steepness(others) / (steepness(adversarial) + 1e-4)).clamp(0, 1e4).detach();
}

}  // namespace mds
