#include "trainer/optimizer.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>
#include <numbers>

#include "trainer/adamw.h"

namespace mds {
namespace {

TensorMap copies(const TensorMap& tensors, bool zero) {
  TensorMap result;
  for (const auto& [name, tensor] : tensors)
    result[name] = zero ? at::zeros_like(tensor.detach()) : tensor.detach().clone();
  return result;
}

// The step reads memory linearly, so a gradient must have the memory layout of its weight.
Tensor laid_out_like(const Tensor& gradient, const Tensor& weight) {
  return gradient.strides() == weight.strides() ? gradient : at::empty_like(weight.detach()).copy_(gradient);
}

void check_holds(const TensorMap& source, const TensorMap& wanted, const std::string& prefix, const std::string& file) {
  for (const auto& [name, tensor] : wanted) {
    const auto found = source.find(prefix + name);
    if (found == source.end() || found->second.sizes() != tensor.sizes())
      throw FileError(file + ": " + prefix + name + " is missing or of another shape");
  }
}

}  // namespace

Optimizer::Optimizer(TensorMap weights, const OptimizerConfig& config, int64_t iterations)
    : config_(config),
      iterations_(iterations),
      weights_(std::move(weights)),
      ema_(copies(weights_, false)),
      mean_(copies(weights_, true)),
      square_(copies(weights_, true)) {
  train(true);
}

void Optimizer::train(bool on) {
  for (auto& [name, weight] : weights_) weight.requires_grad_(on);
}

void Optimizer::zero_grad() {
  for (auto& [name, weight] : weights_) weight.mutable_grad() = Tensor();
}

double Optimizer::gradient_norm() const {
  std::vector<Tensor> gradients;
  for (const auto& [name, weight] : weights_)
    if (weight.grad().defined()) gradients.push_back(laid_out_like(weight.grad(), weight));
  return norm_of(gradients);
}

std::string Optimizer::first_bad_gradient() const {
  for (const auto& [name, weight] : weights_)
    if (weight.grad().defined() && !weight.grad().isfinite().all().item<bool>()) return name;
  return "";
}

double Optimizer::rate() const {
  if (steps_ < config_.warmup) return config_.lr * double(steps_ + 1) / double(config_.warmup);
  if (config_.decay == RateDecay::constant) return config_.lr;
  const double done = double(steps_ - config_.warmup) / double(std::max<int64_t>(1, iterations_ - config_.warmup));
  return config_.lr * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, done)));
}

void Optimizer::step(double gradient_norm) {
  torch::NoGradGuard no_grad;
  std::vector<AdamWState> states;
  for (const auto& [name, weight] : weights_)
    states.push_back({.weight = weight.detach(),
                      .gradient = weight.grad().defined() ? laid_out_like(weight.grad(), weight) : Tensor(),
                      .mean = mean_.at(name),
                      .square = square_.at(name),
                      .average = ema_.at(name)});
  AdamWStep by{.step = steps_ + 1,
               .lr = rate(),
               .beta1 = config_.beta1,
               .beta2 = config_.beta2,
               .epsilon = config_.epsilon,
               .weight_decay = config_.weight_decay};
  ++steps_;
  if (config_.clip > 0 && gradient_norm > config_.clip) by.clip = config_.clip / gradient_norm;
  by.share = 1 - std::min(config_.ema, double(1 + steps_) / double(10 + steps_));
  take_step(states, by);
}

TensorMap Optimizer::state() const {
  TensorMap state{{"steps", at::scalar_tensor(steps_, at::kLong)}};
  for (const auto& [prefix, tensors] : state_parts()) state.merge(prefixed(*tensors, prefix));
  return state;
}

void Optimizer::check_state(const TensorMap& state, const std::string& source) const {
  check_holds(state, {{"steps", at::scalar_tensor(0, at::kLong)}}, "", source);
  for (const auto& [prefix, tensors] : state_parts()) check_holds(state, *tensors, prefix, source);
}

void Optimizer::load_state(const TensorMap& state, const std::string& source) {
  check_state(state, source);
  for (const auto& [prefix, tensors] : state_parts())
    for (const auto& [name, tensor] : *tensors) tensor.detach().copy_(state.at(prefix + name));
  steps_ = state.at("steps").item<int64_t>();
}

std::vector<std::pair<std::string, const TensorMap*>> Optimizer::state_parts() const {
  return {{"weights.", &weights_}, {"ema.", &ema_}, {"mean.", &mean_}, {"square.", &square_}};
}

}  // namespace mds
