// A traced network as an ONNX graph, node by node through the operator table.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include "networks/network_spec.h"
#include "pipeline/onnx_call.h"

namespace mds {

// `module` is what trace() made of the spec's network; inputs, outputs and weights keep its names, and the batch is
// free. ConfigError where the trace holds an operator that the table lacks, with the plan step it stands in.
OnnxBuilder lower_to_onnx(const torch::jit::Module& module, const NetworkSpec& spec);

}  // namespace mds
