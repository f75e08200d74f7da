// Estimates what a training will cost before it starts: examples, multiply-accumulates, memory, days. Computed from
// plans, without tensors and data.
#pragma once

#include <optional>

#include "networks/plan.h"

namespace mds {

struct LoopConfig;

// Passes of an example through a network, on average over iterations. In units of a forward pass, `trained` costs 3
// (forward, gradients of inputs, gradients of weights), `through` 2 (forward, gradients of inputs), `plain` 1.
struct Passes {
  double trained = 0;
  double through = 0;
  double plain = 0;
};

struct PlannedNetwork {
  std::string name;
  Plan plan;
  bool trained = true;  // has gradients, an average and AdamW's two moments
  Passes passes{.trained = 1};
  double held_at_once = 1;  // passes per example that keep activations for the same backward pass
};

struct PlannedTraining {
  std::vector<PlannedNetwork> networks;
  int64_t iterations;
  int64_t batch;
  int64_t examples_a_pass;
  int64_t activation_bytes = 4;  // of one number
  bool checkpoint_activations = false;
  int64_t devices = 1;  // they share each batch evenly
  bool shard_optimizer = false;
};

// What a loop makes of these networks, on devices that share each batch. ConfigError as in check_micro_batch.
PlannedTraining planned_training(std::vector<PlannedNetwork> networks, const LoopConfig& loop, int64_t devices = 1);

// Bytes on each device. Weights, gradients, average and moments are float32.
struct TrainMemory {
  int64_t weights, gradients, average, moments;
  int64_t activations;  // estimated, see activation_bytes()
  int64_t total() const { return weights + gradients + average + moments + activations; }
};

struct TrainCost {
  int64_t trained_params, frozen_params;
  int64_t examples;         // seen in all
  double macs_an_example;   // of training: every pass of every network counts its `macs`
  double macs;              // in all; may exceed 64 bits
  int64_t examples_a_pass;  // on each device
  TrainMemory memory;
};
TrainCost cost(const PlannedTraining& training);

// How many numbers an example keeps for the backward pass: the output of each listed layer, and the scores of relu
// attention; where activations are checkpointed, each step's output and the layers of the largest step. Not counted:
// what kernels keep for themselves, and casts and copies.
int64_t activation_count(const Plan& plan, bool checkpointed);

// The speed of each device: examples per second of the whole training step at its share of a batch, or sustained
// TFLOP/s with 2 FLOP per MAC.
struct DeviceSpeed {
  double rate = 0;
  double tflops = 0;
};
inline constexpr double seconds_a_day = 86400;
double seconds_of_macs(double macs, double tflops);

// What a device sends while it receives as much. `overlap` is the share of the backward pass behind which this can
// hide: 1 where other units send than compute, as on GPUs; 0 where the same cores do both.
struct Interconnect {
  double gb_s = 0;  // 10^9 bytes a second of each device; 0: not known
  double overlap = 1;
};

// One iteration. Gradients are summed by reduce-scatter and all-gather, 2 (W - 1) / W of their bytes for W devices;
// with a sharded optimizer (W - 1) / W of the weights' follow.
struct IterationTime {
  double sent_bytes = 0;  // of each device
  double compute_s = 0, communication_s = 0;
  double exposed_s = 0;  // of the communication, what no backward pass hides
  double total_s() const { return compute_s + exposed_s; }
};
// Nothing where the speed is not known; no communication where the interconnect is not.
std::optional<IterationTime> iteration_time(const PlannedTraining& training, const DeviceSpeed& speed,
                                            const Interconnect& interconnect);
double sent_bytes(const PlannedTraining& training);

}  // namespace mds
