#include "trainer/optimizer.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
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

// The process of each weight: the largest first, each to the process that has least.
std::map<std::string, int64_t> shared_out(const TensorMap& weights, int64_t count) {
  std::vector<std::pair<int64_t, std::string>> by_size;
  for (const auto& [name, weight] : weights) by_size.emplace_back(-weight.numel(), name);
  std::ranges::sort(by_size);
  std::vector<int64_t> held(size_t(count), 0);
  std::map<std::string, int64_t> owners;
  for (const auto& [less, name] : by_size) {
    const auto least = std::ranges::min_element(held);
    owners[name] = least - held.begin();
    *least -= less;
  }
  return owners;
}

}  // namespace

void check_holds(const TensorMap& state, const TensorMap& wanted, const std::string& prefix,
                 const std::string& source) {
  for (const auto& [name, tensor] : wanted) {
    const auto found = state.find(prefix + name);
    if (found == state.end() || found->second.sizes() != tensor.sizes())
      throw FileError(source + ": " + prefix + name + " is missing or of another shape");
  }
}

Optimizer::Optimizer(TensorMap weights, const OptimizerConfig& config, int64_t iterations, RanksPtr sharers)
    : config_(config), iterations_(iterations), weights_(std::move(weights)), sharers_(std::move(sharers)) {
  if (sharers_) owners_ = shared_out(weights_, sharers_->count());
  TensorMap own;
  for (const auto& [name, weight] : weights_)
    if (owns(name)) own[name] = weight;
  ema_ = copies(own, false);
  mean_ = copies(own, true);
  square_ = copies(own, true);
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
  for (const auto& [name, weight] : weights_) {
    if (!owns(name)) continue;
    states.push_back({.weight = weight.detach(),
                      .gradient = weight.grad().defined() ? laid_out_like(weight.grad(), weight) : Tensor(),
                      .mean = mean_.at(name),
                      .square = square_.at(name),
                      .average = ema_.at(name)});
  }
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
  share_out();
}

void Optimizer::share_out() {
  if (!sharers_) return;
  for (int64_t owner = 0; owner < sharers_->count(); ++owner) {
    std::vector<Tensor> tensors;
    for (const auto& [name, weight] : weights_)
      if (owners_.at(name) == owner) tensors.push_back(weight.detach());
    sharers_->copy_from(owner, tensors);
  }
}

void Optimizer::collect() {
  if (!sharers_) return;
  for (TensorMap* part : {&ema_, &mean_, &square_})
    for (const auto& [name, weight] : weights_) {
      const bool held = part->contains(name);
      if (!held) (*part)[name] = at::empty_like(weight.detach(), at::device(at::kCPU));
      sharers_->copy_from(owners_.at(name), {part->at(name)});
      if (!held && !sharers_->lead()) part->erase(name);
    }
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
