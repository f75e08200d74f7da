// A plan that runs: a LibTorch module with one layer per listed layer, registered under the layer's path.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <torch/nn/module.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "blocks/block.h"
#include "networks/plan.h"

namespace mds {

struct BlockInput;

// Sees the tensor after each step and returns it, or another in its place.
using Observer = std::function<Tensor(const PlanStep& step, Tensor x)>;

class Network final : public torch::nn::Module {
 public:
  // Allocates the weights and leaves them unset: see initialise() and load_weights().
  explicit Network(Plan plan, at::MemoryFormat maps = at::MemoryFormat::ChannelsLast);

  // x: the plan's input with a batch dimension (int64 ids for a text tower). Returns what the main path ends in. Inputs
  // may lie on any device, and pictures and token states be of any floating type; the network computes, and leaves its
  // output, where its weights are and in their type.
  Tensor forward(const Tensor& x, const Conditioning& conditioning = {}, const Observer& observer = {}) const;

  // All named outputs of one pass.
  std::map<std::string, Tensor> outputs(const Tensor& x, const Conditioning& conditioning = {}) const;

  const Plan& plan() const { return plan_; }
  at::Device device() const;  // of the weights
  at::ScalarType dtype() const { return any_weight_.scalar_type(); }
  // How maps, and the weights of their convolutions, lie in memory.
  at::MemoryFormat maps() const { return maps_; }
  // Whether a pass that is trained keeps of each step only its output and computes the rest again in the backward pass:
  // less memory for one more forward pass, and the same gradients.
  void checkpoint_activations(bool on) { checkpoints_ = on; }
  // Runs one step on its own, for timing.
  Tensor run_step(size_t i, const Tensor& x, const Tensor& skip, const Conditioning& conditioning) const {
    return blocks_[i]->forward(x, skip, conditioning);
  }

 private:
  Tensor run_step(size_t i, const BlockInput& input, std::vector<Tensor>& skips) const;

  Plan plan_;
  at::MemoryFormat maps_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<Tensor> block_weights_;  // one of each block, undefined where it has none
  bool checkpoints_ = false;
  Tensor any_weight_;  // shares its storage with the parameter, wherever that moves
};

// Where networks made from now on keep their weights: one choice for the process, as LibTorch's thread count is.
void set_compute_device(at::Device device);
at::Device compute_device();

// Throws c10::Error unless x is an input of the plan with a batch dimension.
void check_input(const Plan& plan, const Tensor& x);

using NetworkPtr = std::shared_ptr<Network>;

// Weights of a floating type, unset, where networks are kept. Channels-last maps are the faster on CPUs; contiguous
// ones round up to five times less there, as oneDNN sums a 3x3 convolution of 512 channels in another order.
NetworkPtr make_network(Plan plan, at::ScalarType dtype = at::kFloat,
                        at::MemoryFormat maps = at::MemoryFormat::ChannelsLast);

// The format of one of its parameters.
at::MemoryFormat format_of(const Network& network, const Tensor& parameter);

// Fills every weight from one seed, the same on every machine and thread count.
void initialise(Network& network, uint64_t seed);

int64_t parameter_count(const Network& network);

// All that a file of weights holds, by path: parameters, and the running statistics of batch norms.
torch::OrderedDict<std::string, Tensor> state_of(const Network& network);

}  // namespace mds
