// A network as a TorchScript module: one forward pass recorded by LibTorch's tracer, with the batch left free.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "networks/network_spec.h"
#include "pipeline/weights.h"

namespace mds {

// What a network is given from outside, as diffusers and transformers name and order it.
struct NetworkInput {
  std::string name;
  std::vector<int64_t> sizes;     // of one sample
  int64_t tokens = 0;             // int64 ids below this number; 0: float32
  Tensor Conditioning::*field{};  // nullptr: the network's main input
};
std::vector<NetworkInput> inputs_of(const NetworkSpec& spec);

// The named outputs of a plan, in the order they are computed but for `last_hidden_state`, which leads.
std::vector<std::string> outputs_of(const Plan& plan);

// Random tensors of the inputs' shapes, N = batch, equal for equal seeds.
std::vector<Tensor> example_inputs(const NetworkSpec& spec, int64_t batch, uint64_t seed);

// One pass over tensors in the order of inputs_of: the outputs in the order of outputs_of. A text tower's end token is
// the largest id of a text, the first where it repeats. `observer` as in Network::forward.
std::vector<Tensor> run_network(const Network& network, const NetworkSpec& spec, const std::vector<Tensor>& inputs,
                                const Observer& observer = {});

// The network's forward as a module that shares its weights under the same dotted paths. Its method takes
// inputs_of(spec) by name and returns a tensor, or a tuple of several outputs. Each node's scope names the plan step it
// belongs to.
torch::jit::Module trace(const Network& network, const NetworkSpec& spec);

}  // namespace mds
