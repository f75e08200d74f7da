#include "trainer/player.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "trainer/feed.h"

namespace mds {
namespace {

// Runs the forward pass of LibTorch's matrix operations in bfloat16 while it lives.
class Autocast {
 public:
  Autocast(Precision dtype, at::DeviceType device) : on_(dtype == Precision::bf16), device_(device) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
  }
  ~Autocast() {
    if (!on_) return;
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
  at::DeviceType device_;
};

// Seconds from one call to the next.
class Laps {
 public:
  double next_s() {
    const auto before = std::exchange(last_, std::chrono::steady_clock::now());
    return std::chrono::duration<double>(last_ - before).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

[[noreturn]] void stop(int64_t iteration, const std::string& what, const std::string& place) {
  throw std::runtime_error("iteration " + std::to_string(iteration) + ": the " + what + " is not finite" +
                           (place.empty() ? "" : "; first at " + place));
}

std::vector<Tensor> tensors_of(const TensorMap& map) {
  std::vector<Tensor> tensors;
  for (const auto& [name, tensor] : map) tensors.push_back(tensor);
  return tensors;
}

}  // namespace

Player::Player(Stage& stage, const PlayerConfig& config, Optimizer optimizer)
    : stage_(stage),
      config_(config),
      optimizer_(std::move(optimizer)),
      graph_(make_step_graph(tensors_of(optimizer_.weights()))) {}

Tensor Player::loss(const TensorMap& batch, const Observer& observer) {
  const Autocast autocast(config_.dtype, optimizer_.weights().begin()->second.device().type());
  return stage_.loss(batch, observer);
}

double Player::checked_loss(const Tensor& loss, const TensorMap& batch, int64_t iteration) {
  const double value = loss.item<double>();
  if (std::isfinite(value)) return value;
  std::string first;
  this->loss(batch, [&](const PlanStep& plan_step, Tensor x) {
    if (first.empty() && !x.isfinite().all().item<bool>()) first = plan_step.path;
    return x;
  });
  stop(iteration, "loss", first);
}

TensorMap Player::drawn(int64_t iteration) const {
  return stage_.batch({iteration, generator_for(config_.seed, iteration, config_.purpose)});
}

TensorMap Player::batch_of(int64_t iteration) {
  TensorMap batch = ahead_ && ahead_->first == iteration ? std::move(ahead_->second) : drawn(iteration);
  ahead_.reset();
  return on_compute_device(std::move(batch));
}

// A feed of pictures decodes ahead by itself, and its position must be that of the last iteration.
double Player::replayed(const TensorMap& batch, int64_t iteration) {
  const Tensor value = graph_->run(batch, [&](const TensorMap& inputs) {
    optimizer_.zero_grad();
    const Tensor now = loss(inputs, {});
    now.backward();
    return now.detach();
  });
  if (!stage_.feed()) ahead_ = {iteration + config_.every, drawn(iteration + config_.every)};
  return checked_loss(value, batch, iteration);
}

PlayerStep Player::step(int64_t iteration) {
  const auto waited_s = [&] { return stage_.feed() ? stage_.feed()->waited_s() : 0.0; };
  const double waited_before_s = waited_s();
  Laps laps;
  const TensorMap batch = batch_of(iteration);
  PlayerStep done{};
  if (graph_) {
    done.loss = replayed(batch, iteration);
    done.times.forward_s = laps.next_s();
  } else {
    optimizer_.zero_grad();
    const Tensor value = loss(batch, {});
    done.loss = checked_loss(value, batch, iteration);
    done.times.forward_s = laps.next_s();
    value.backward();
    done.times.backward_s = laps.next_s();
  }
  done.times.data_s = waited_s() - waited_before_s;
  done.gradient_norm = optimizer_.gradient_norm();
  if (!std::isfinite(done.gradient_norm)) stop(iteration, "gradient", optimizer_.first_bad_gradient());
  optimizer_.step(done.gradient_norm);
  done.times.update_s = laps.next_s();
  return done;
}

}  // namespace mds
