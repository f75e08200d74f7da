// A network as a TorchScript module: one forward pass recorded by LibTorch's tracer, with the batch left free.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "pipeline/network_io.h"

namespace mds {

// Random tensors of the inputs' shapes, N = batch, equal for equal seeds.
std::vector<Tensor> example_inputs(const NetworkSpec& spec, int64_t batch, uint64_t seed);

// The network's forward as a module that shares its weights under the same dotted paths. Its method takes
// inputs_of(spec) by name and returns a tensor, or a tuple of several outputs. Each node's scope names the plan step it
// belongs to.
torch::jit::Module trace(const Network& network, const NetworkSpec& spec);

}  // namespace mds
