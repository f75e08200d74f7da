#include "trainer/player.h"

#include <ATen/ATen.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "networks/autocast.h"
#include "trainer/feed.h"

namespace mds {
namespace {

// Measures the seconds from one call to the next.
class Laps {
 public:
  explicit Laps(bool synchronised) : synchronised_(synchronised) {}
  double next_s() {
    if (synchronised_) torch::cuda::synchronize();
    const auto before = std::exchange(last_, std::chrono::steady_clock::now());
    return std::chrono::duration<double>(last_ - before).count();
  }

 private:
  bool synchronised_;
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

void add_times(PhaseClock& clock, const StepTimes& times) {
  clock.add("data", times.data_s);
  clock.add("forward", times.forward_s);
  clock.add("backward", times.backward_s);
  clock.add("optimizer", times.update_s);
}

Player::Player(Stage& stage, const PlayerConfig& config, Optimizer optimizer)
    : Player(stage, config, std::move(optimizer), nullptr) {
  graph_ = make_step_graph(tensors_of(optimizer_.weights()));
}

Player::Player(Stage& stage, const PlayerConfig& config, Optimizer optimizer, StepGraphPtr graph)
    : stage_(stage), config_(config), optimizer_(std::move(optimizer)), graph_(std::move(graph)) {}

Tensor Player::loss(const Batch& part, const Observer& observer) {
  const Autocast autocast(
      {.device = device().type(), .on = config_.dtype == TrainingPrecision::bf16, .dtype = at::kBFloat16});
  return stage_.loss_of(part, observer);
}

double Player::checked_loss(const Tensor& loss, const Batch& part, int64_t iteration) {
  const double value = loss.item<double>();
  if (std::isfinite(value)) return value;
  std::string first;
  this->loss(part, [&](const PlanStep& plan_step, Tensor x) {
    if (first.empty() && !x.isfinite().all().item<bool>()) first = plan_step.path;
    return x;
  });
  stop(iteration, "loss", first);
}

Batch Player::drawn(int64_t iteration) const {
  return stage_.batch({iteration, generator_for(config_.seed, iteration, config_.purpose)});
}

Batch Player::batch_of(int64_t iteration) {
  Batch batch = ahead_ && ahead_->first == iteration ? std::move(ahead_->second) : drawn(iteration);
  ahead_.reset();
  return batch;
}

double Player::passed(const Batch& part, int64_t iteration, StepTimes& times) {
  Laps laps(synchronised());
  const Tensor value = loss(part, {});
  const double number = checked_loss(value, part, iteration);
  times.forward_s += laps.next_s();
  (value / double(config_.passes())).backward();
  times.backward_s += laps.next_s();
  return number;
}

Tensor Player::replayed(const Batch& part) {
  return graph_->run(part, [&](const Batch& inputs) {
    optimizer_.zero_grad();
    const Tensor now = loss(inputs, {});
    (now / double(config_.passes())).backward();
    return now.detach();
  });
}

// Adds up the gradients of the passes, because a replay overwrites those of the replay before.
void Player::add_gradients(int64_t pass) {
  if (config_.passes() == 1) return;
  torch::NoGradGuard no_grad;
  std::vector<Tensor> gradients;
  for (const auto& [name, weight] : optimizer_.weights())
    if (weight.grad().defined()) gradients.push_back(weight.grad());
  if (pass == 0) {
    sums_.clear();
    for (const Tensor& gradient : gradients) sums_.push_back(gradient.clone());
  } else {
    at::_foreach_add_(sums_, gradients);
  }
  if (pass + 1 < config_.passes()) return;
  auto sum = sums_.begin();
  for (const auto& [name, weight] : optimizer_.weights())
    if (weight.grad().defined()) weight.mutable_grad() = *sum++;
}

// Not for a feed of pictures, which decodes ahead itself and whose position must be that of the last iteration.
void Player::draw_ahead(int64_t iteration) {
  if (!stage_.feed()) ahead_ = {iteration + config_.every, drawn(iteration + config_.every)};
}

double Player::all_passes(const Batch& batch, int64_t iteration, StepTimes& times) {
  const int64_t passes = config_.passes(), examples = config_.examples_a_pass;
  double sum = 0;
  optimizer_.zero_grad();
  for (int64_t pass = 0; pass < passes; ++pass) {
    const Batch part =
        on_device(passes == 1 ? batch : part_of(batch, {config_.batch, pass * examples, examples}), device());
    if (!graph_) {
      sum += passed(part, iteration, times);
      continue;
    }
    Laps laps(synchronised());
    const Tensor value = replayed(part);
    add_gradients(pass);
    if (pass + 1 == passes) draw_ahead(iteration);
    sum += checked_loss(value, part, iteration);
    times.forward_s += laps.next_s();
  }
  return sum / double(passes);
}

PlayerStep Player::step(int64_t iteration) {
  Laps laps(synchronised());
  const Batch batch = batch_of(iteration);
  PlayerStep done{};
  done.times.data_s = laps.next_s();
  done.loss = all_passes(batch, iteration, done.times);
  laps.next_s();
  done.gradient_norm = optimizer_.gradient_norm();
  if (!std::isfinite(done.gradient_norm)) stop(iteration, "gradient", optimizer_.first_bad_gradient());
  optimizer_.step(done.gradient_norm);
  done.times.update_s = laps.next_s();
  return done;
}

}  // namespace mds
