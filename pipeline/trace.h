// A network as a TorchScript module: one forward pass recorded by LibTorch's tracer, valid for any batch size.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "pipeline/network_io.h"

namespace mds {

// The batch of the recorded pass: a batch of 1 would broadcast and hide an axis that does not follow N.
inline constexpr int64_t traced_batch = 2;

// Random tensors with the inputs' shapes, N = batch; equal seeds give equal tensors.
std::vector<Tensor> example_inputs(const NetworkSpec& spec, int64_t batch, uint64_t seed);

// The network's forward pass as a module that shares its weights under the same dotted paths. Its method takes
// inputs_of(spec) by name and returns a tensor, or a tuple where there are several outputs. The scope of each node
// names its plan step.
torch::jit::Module trace(const Network& network, const NetworkSpec& spec);

}  // namespace mds
