// A plan that can run: a LibTorch module with one layer per listed layer, registered under the layer's path.
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
#include "networks/placement.h"
#include "networks/plan.h"

namespace mds {

struct BlockInput;
class Packing;

// Receives the tensor after each step and returns it, or another one to continue with.
using Observer = std::function<Tensor(const PlanStep& step, Tensor x)>;

// Calls the observers one after another, each with the tensor that the one before it returned. Empty ones are left out.
Observer compose(std::vector<Observer> observers);

// What the levels inside one level of a UNet gave in an earlier step of a sampler, and whether a step takes it from
// there instead of running them (arXiv 2312.00858).
struct InnerFeatures {
  int64_t level = 1;
  bool reuse = false;
  Tensor kept{};  // set by each pass that runs them
};

class Network final : public torch::nn::Module {
 public:
  // Allocates the weights without setting them; see initialise() and load_weights().
  explicit Network(Plan plan, at::MemoryFormat maps = at::MemoryFormat::ChannelsLast,
                   Precision precision = Precision::fp32);

  // x: the plan's input with a batch dimension (int64 ids for a text tower). Returns the result of the main path. The
  // inputs may be on any device, and pictures and token states may be of any floating type. The network computes on the
  // device and in the type of its weights, and its output has that device and type.
  // Where the conditioning has controls, they are added before the observer sees the step; c10::Error where the plan
  // has no step of their path or it has another shape. inner: where given, what is inside its level is kept in it or
  // taken from it.
  Tensor forward(const Tensor& x, const Conditioning& conditioning = {}, const Observer& observer = {},
                 InnerFeatures* inner = nullptr) const;

  // All named outputs of one forward pass.
  std::map<std::string, Tensor> outputs(const Tensor& x, const Conditioning& conditioning = {}) const;

  const Plan& plan() const { return plan_; }
  at::Device device() const;  // of the weights
  at::ScalarType dtype() const { return any_weight_.scalar_type(); }
  // The memory format of maps and of the weights of their convolutions.
  at::MemoryFormat maps() const { return maps_; }
  // Activation checkpointing: a training pass keeps only the output of each step and computes the rest again in the
  // backward pass. It needs less memory, costs one more forward pass, and gives the same gradients.
  void checkpoint_activations(bool on) { checkpoints_ = on; }
  // Packs the weights for passes without gradients on the CPU, layer by layer: faster, with other rounding. The
  // network can then no longer be trained, saved or loaded. Elsewhere, and with the library's kernels, it stays as it
  // is; ConfigError where it was made for 8-bit weights. packing: where given, gets all tensors that the layers keep,
  // or has them from before, in which case the network's weights need no values.
  void prepare(Kernels kernels = Kernels::prepared, Packing* packing = nullptr);
  bool prepared() const { return prepared_; }
  // Runs one step on its own, for timing.
  Tensor run_step(size_t i, const Tensor& x, const Tensor& skip, const Conditioning& conditioning) const {
    return blocks_[i]->forward(x, skip, conditioning);
  }

 private:
  Tensor run_step(size_t i, const BlockInput& input, std::vector<Tensor>& skips) const;

  Plan plan_;
  at::MemoryFormat maps_;
  Precision precision_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<std::pair<std::shared_ptr<LayerModule>, Shape>> layers_;  // each with what it reads
  std::vector<Tensor> block_weights_;  // one weight of each block; undefined where a block has none
  bool checkpoints_ = false, prepared_ = false;
  Tensor any_weight_;  // shares its storage with the parameter, so it has the parameter's device and type
};

// Throws c10::Error where x is not an input of the plan with a batch dimension.
void check_input(const Plan& plan, const Tensor& x);

// Throws c10::Error where the plan has no step of a control's path, or its map has another shape.
void check_controls(const Plan& plan, const Controls& controls);

// Whether this machine has the kernels of prepared networks.
bool can_prepare();

using NetworkPtr = std::shared_ptr<Network>;

// Makes a network with unset weights. On CPUs, channels-last maps are faster; contiguous maps round up to five times
// less, as oneDNN sums a 3x3 convolution of 512 channels in another order.
NetworkPtr make_network(Plan plan, const Placement& placement = {},
                        at::MemoryFormat maps = at::MemoryFormat::ChannelsLast);

// The memory format of one parameter of the network.
at::MemoryFormat format_of(const Network& network, const Tensor& parameter);

// Fills every weight from one seed; the values are the same on every machine and for every number of threads.
void initialise(Network& network, uint64_t seed);

int64_t parameter_count(const Network& network);

// Everything that a file of weights holds, by path: parameters, and the running statistics of batch norms.
torch::OrderedDict<std::string, Tensor> state_of(const Network& network);

}  // namespace mds
