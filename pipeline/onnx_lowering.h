// Converts a traced network to an ONNX graph, node by node with the operator table.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include "networks/network_spec.h"
#include "pipeline/onnx_call.h"

namespace mds {

// `module` is the result of trace() for the spec's network. Inputs, outputs and weights keep its names, and the batch
// is variable. ConfigError, with the plan step, for an operator that the table lacks.
OnnxBuilder lower_to_onnx(const torch::jit::Module& module, const NetworkSpec& spec);

}  // namespace mds
