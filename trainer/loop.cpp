#include "trainer/loop.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/autocast_mode.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <utility>

#include "spec/bootstrap.h"
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

uint64_t mixed(uint64_t x) { return Random(x).next(); }

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

}  // namespace

TensorMap trained_weights(const Network& network, const std::string& prefix) {
  TensorMap weights;
  for (const auto& item : network.named_parameters()) weights[prefix + item.key()] = item.value();
  return weights;
}

at::Generator generator_for(uint64_t seed, int64_t iteration, uint64_t purpose) {
  return at::detail::createCPUGenerator(mixed(mixed(mixed(seed) ^ uint64_t(iteration)) ^ purpose));
}

const Tensor& Batches::order_of(int64_t epoch) {
  if (epoch_ != epoch) order_ = at::randperm(count_, generator_for(seed_, epoch, /*purpose=*/1));
  epoch_ = epoch;
  return order_;
}

Tensor Batches::at(int64_t iteration) {
  TORCH_CHECK(count_ > 0, "a batch needs at least one example");
  std::vector<Tensor> parts;
  for (int64_t position = iteration * batch_, left = batch_; left > 0;) {
    const int64_t epoch = position / count_, offset = position % count_, take = std::min(left, count_ - offset);
    parts.push_back(order_of(epoch).slice(0, offset, offset + take));
    position += take;
    left -= take;
  }
  return at::cat(parts);
}

Tensor sampled_rows(int64_t count, int64_t most, uint64_t seed) {
  return at::randperm(count, generator_for(seed, 0, /*purpose=*/2)).slice(0, 0, most);
}

Loop::Loop(Stage& stage, const LoopConfig& loop, const OptimizerConfig& optimizer)
    : stage_(stage), config_(loop), optimizer_(stage.weights(), optimizer, loop.iterations) {}

StepReport Loop::step() {
  const int64_t iteration = optimizer_.steps();
  const auto waited_s = [&] { return stage_.feed() ? stage_.feed()->waited_s() : 0.0; };
  const double waited_before_s = waited_s();
  Laps laps;
  const auto loss_with = [&](const Observer& observer) {
    const Autocast autocast(config_.dtype, optimizer_.weights().begin()->second.device().type());
    return stage_.loss({iteration, generator_for(config_.seed, iteration), observer});
  };
  optimizer_.zero_grad();
  const Tensor loss = loss_with({});
  const double value = loss.item<double>();
  if (!std::isfinite(value)) {
    std::string first;
    loss_with([&](const PlanStep& plan_step, Tensor x) {
      if (first.empty() && !x.isfinite().all().item<bool>()) first = plan_step.path;
      return x;
    });
    stop(iteration, "loss", first);
  }
  const double forward_s = laps.next_s();
  loss.backward();
  const double backward_s = laps.next_s();
  const double norm = optimizer_.gradient_norm();
  if (!std::isfinite(norm)) stop(iteration, "gradient", optimizer_.first_bad_gradient());
  optimizer_.step(norm);
  return {.iteration = optimizer_.steps(),
          .loss = value,
          .gradient_norm = norm,
          .data_s = waited_s() - waited_before_s,
          .forward_s = forward_s,
          .backward_s = backward_s,
          .update_s = laps.next_s()};
}

void Loop::run_to(int64_t iteration, const std::function<void(const StepReport&)>& report) {
  while (optimizer_.steps() < iteration) {
    const StepReport done = step();
    if (report) report(done);
  }
}

void Loop::save(const std::string& file, const std::string& identity) const {
  const std::string position = stage_.feed() ? stage_.feed()->position() : "";
  TensorFile content{.tensors = optimizer_.state(), .metadata = {{"identity", identity}}};
  if (!position.empty()) content.metadata["data_position"] = position;
  save_tensors(file, content);
}

bool Loop::resume(const std::string& file, const std::string& identity) {
  if (!std::filesystem::exists(file)) return false;
  const TensorFile content = load_tensors(file);
  const auto found = content.metadata.find("identity");
  if (found == content.metadata.end() || found->second != identity)
    throw ConfigError(file + ": is a checkpoint of another configuration; remove it or train under another name");
  optimizer_.load_state(content.tensors, file);
  if (stage_.feed()) {
    const auto position = content.metadata.find("data_position");
    stage_.feed()->seek(position == content.metadata.end() ? "" : position->second);
  }
  return true;
}

}  // namespace mds
