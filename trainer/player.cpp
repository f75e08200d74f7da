#include "trainer/player.h"

#include <ATen/ATen.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
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

// None where the loss asks other processes, which a recording cannot.
StepGraphPtr graph_for(const Stage& stage, const PlayerConfig& config) {
  if (config.ranks && !stage.needs_whole_batch().empty()) return nullptr;
  return make_step_graph(tensors_of(stage.weights()));
}

}  // namespace

void add_times(PhaseClock& clock, const StepTimes& times) {
  clock.add("data", times.data_s);
  clock.add("forward", times.forward_s);
  clock.add("backward", times.backward_s);
  clock.add("optimizer", times.update_s);
}

Player::Player(Stage& stage, const PlayerConfig& config, Optimizer optimizer)
    : Player(stage, config, std::move(optimizer), graph_for(stage, config)) {}

Player::Player(Stage& stage, const PlayerConfig& config, Optimizer optimizer, StepGraphPtr graph)
    : stage_(stage),
      config_(config),
      optimizer_(std::move(optimizer)),
      graph_(std::move(graph)),
      gradients_(std::make_unique<GradientSum>(optimizer_.weights(), config.ranks, config.hooked && !graph_)) {}

Tensor Player::loss(const Batch& part, const Observer& observer) {
  const Autocast autocast(
      {.device = device().type(), .on = config_.dtype == TrainingPrecision::bf16, .dtype = at::kBFloat16});
  return stage_.loss_of(part, observer);
}

// Where the first value that is not finite appeared, if this process computed it, stands in the message. A stage whose
// passes ask the other processes needs all of them for that; each then has a pass of its own.
void Player::check(const std::vector<double>& losses, const Batch& batch, int64_t number) {
  const auto bad = std::ranges::find_if_not(losses, [](double loss) { return std::isfinite(loss); });
  if (bad == losses.end()) return;
  std::string first;
  const bool together = config_.ranks && stage_.asks_others();
  const int64_t pass = together ? config_.first_pass() : bad - losses.begin(), own = pass - config_.first_pass();
  if (own >= 0 && own < config_.own_passes())
    this->loss(part_at(batch, pass), [&](const PlanStep& plan_step, Tensor x) {
      if (first.empty() && !x.isfinite().all().item<bool>()) first = plan_step.path;
      return x;
    });
  stop(number / config_.steps, "loss", first);
}

Batch Player::drawn(int64_t number) const {
  return stage_.batch({number, generator_for(config_.seed, number, config_.purpose), config_.share()});
}

Batch Player::batch_of(int64_t number) {
  Batch batch = ahead_ && ahead_->first == number ? std::move(ahead_->second) : drawn(number);
  ahead_.reset();
  return batch;
}

Batch Player::part_at(const Batch& batch, int64_t pass) const {
  const int64_t examples = config_.examples_a_pass;
  return on_device(config_.passes() == 1 ? batch : part_of(batch, {config_.batch, pass * examples, examples}),
                   device());
}

double Player::passed(const Batch& part, StepTimes& times) {
  Laps laps(synchronised());
  const Tensor value = loss(part, {});
  const double number = value.item<double>();
  times.forward_s += laps.next_s();
  (value / double(config_.passes())).backward();
  times.backward_s += laps.next_s();
  return number;
}

double Player::replayed(const Batch& part, int64_t ahead, StepTimes& times) {
  Laps laps(synchronised());
  const Tensor value = graph_->run(part, [&](const Batch& inputs) {
    optimizer_.zero_grad();
    const Tensor now = loss(inputs, {});
    (now / double(config_.passes())).backward();
    return now.detach();
  });
  if (ahead >= 0) draw_ahead(ahead);
  const double number = value.item<double>();
  times.forward_s += laps.next_s();
  return number;
}

// Not for a feed of pictures, which decodes ahead itself and whose position must be that of the last iteration.
void Player::draw_ahead(int64_t number) {
  if (!stage_.feed()) ahead_ = {number, drawn(number)};
}

double Player::all_passes(const Batch& batch, int64_t number, StepTimes& times) {
  std::vector<double> losses(size_t(config_.passes()), 0.0);
  const int64_t first = config_.first_pass(), end = first + config_.own_passes();
  optimizer_.zero_grad();
  for (int64_t pass = first; pass < end; ++pass) {
    const Batch part = part_at(batch, pass);
    const bool last = pass + 1 == end;
    gradients_->begin_pass(last);
    losses[size_t(pass)] = graph_ ? replayed(part, last ? number + config_.every : -1, times) : passed(part, times);
    Laps laps(synchronised());
    gradients_->end_pass();
    times.backward_s += laps.next_s();
  }
  if (config_.ranks) {
    const Tensor all = sum_over(config_.ranks, at::tensor(losses, at::kDouble));
    losses.assign(all.const_data_ptr<double>(), all.const_data_ptr<double>() + all.numel());
  }
  check(losses, batch, number);
  return std::accumulate(losses.begin(), losses.end(), 0.0) / double(losses.size());
}

PlayerStep Player::step(int64_t number) {
  Laps laps(synchronised());
  const Batch batch = batch_of(number);
  PlayerStep done{};
  done.times.data_s = laps.next_s();
  done.loss = all_passes(batch, number, done.times);
  laps.next_s();
  done.gradient_norm = optimizer_.gradient_norm();
  if (!std::isfinite(done.gradient_norm)) stop(number / config_.steps, "gradient", optimizer_.first_bad_gradient());
  optimizer_.step(done.gradient_norm);
  stage_.stepped(number / config_.every);
  done.times.update_s = laps.next_s();
  return done;
}

}  // namespace mds
