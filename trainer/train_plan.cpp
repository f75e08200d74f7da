#include "trainer/train_plan.h"

#include <algorithm>
#include <cmath>

#include "trainer/loop.h"

namespace mds {
namespace {

constexpr int64_t float_bytes = 4, moments_a_weight = 2;
constexpr double backward_share = 2.0 / 3;  // of a trained pass

int64_t count_of(const Shape& shape) { return multiply_counts(shape.channels, shape.height, shape.width); }

int64_t scores_of(const Layer& layer) {
  const auto* attention = std::get_if<AttentionOp>(&layer.op);
  if (!attention || attention->function != AttentionFunction::relu) return 0;
  return multiply_counts(attention->heads, layer.in.height, attention->keys.height);
}

int64_t layers_count(const PlanStep& step) {
  int64_t count = 0;
  for (const auto& layer : layers(step.block, step.site))
    count = add_counts(count, add_counts(count_of(layer.out), scores_of(layer)));
  return count;
}

double macs_an_example(const PlannedNetwork& network, bool checkpointed) {
  const double again = checkpointed ? 1 : 0;
  const auto& [trained, through, plain] = network.passes;
  return double(cost(network.plan).macs) * (trained * (3 + again) + through * (2 + again) + plain);
}

}  // namespace

int64_t activation_count(const Plan& plan, bool checkpointed) {
  int64_t sum = 0, largest = 0;
  for (const auto& step : plan.steps) {
    const int64_t inside = layers_count(step);
    largest = std::max(largest, inside);
    sum = add_counts(sum, checkpointed ? count_of(step.out) : inside);
  }
  return checkpointed ? add_counts(sum, largest) : sum;
}

PlannedTraining planned_training(std::vector<PlannedNetwork> networks, const LoopConfig& loop, int64_t devices) {
  check_micro_batch(loop);
  return {.networks = std::move(networks),
          .iterations = loop.iterations,
          .batch = loop.batch,
          .examples_a_pass = loop.examples_a_pass(),
          .activation_bytes = int64_t(c10::elementSize(scalar_type(loop.dtype))),
          .checkpoint_activations = loop.checkpoint_activations,
          .devices = devices,
          .shard_optimizer = loop.shard_optimizer};
}

TrainCost cost(const PlannedTraining& training) {
  TrainCost total{};
  const int64_t share = (training.batch + training.devices - 1) / training.devices;
  total.examples_a_pass = std::min(training.examples_a_pass, share);
  total.examples = multiply_counts(training.iterations, training.batch);
  double activations = 0;
  for (const auto& network : training.networks) {
    (network.trained ? total.trained_params : total.frozen_params) += cost(network.plan).params;
    total.macs_an_example += macs_an_example(network, training.checkpoint_activations);
    if (network.passes.trained + network.passes.through > 0)
      activations += network.held_at_once * double(activation_count(network.plan, training.checkpoint_activations));
  }
  total.macs = total.macs_an_example * double(total.examples);
  const int64_t trained_bytes = float_bytes * total.trained_params;
  const int64_t holders = training.shard_optimizer ? training.devices : 1;
  const auto held = [&](int64_t bytes) { return (bytes + holders - 1) / holders; };
  total.memory = {
      .weights = trained_bytes + float_bytes * total.frozen_params,
      .gradients = trained_bytes,
      .average = held(trained_bytes),
      .moments = held(moments_a_weight * trained_bytes),
      .activations = std::llround(activations * double(total.examples_a_pass) * double(training.activation_bytes))};
  return total;
}

double seconds_of_macs(double macs, double tflops) { return 2 * macs / (tflops * 1e12); }

double sent_bytes(const PlannedTraining& training) {
  const double others = 1 - 1 / double(training.devices);
  return others * (training.shard_optimizer ? 3 : 2) * double(float_bytes * cost(training).trained_params);
}

std::optional<IterationTime> iteration_time(const PlannedTraining& training, const DeviceSpeed& speed,
                                            const Interconnect& interconnect) {
  const double share = double(training.batch) / double(training.devices);
  IterationTime time{.sent_bytes = sent_bytes(training)};
  if (speed.rate > 0)
    time.compute_s = share / speed.rate;
  else if (speed.tflops > 0)
    time.compute_s = seconds_of_macs(cost(training).macs_an_example * share, speed.tflops);
  else
    return {};
  if (interconnect.gb_s > 0) time.communication_s = time.sent_bytes / (interconnect.gb_s * 1e9);
  time.exposed_s = std::max(0.0, time.communication_s - interconnect.overlap * backward_share * time.compute_s);
  return time;
}

}  // namespace mds
