// Runs an ONNX graph, each operator as ONNX's documentation defines it: an independent reading of what was emitted.
#pragma once

#include "pipeline/onnx_graph.h"
#include "pipeline/weights.h"

namespace mds {

// Outputs by name; std::out_of_range for an operator that no export emits.
TensorMap run_onnx(const OnnxGraph& graph, TensorMap inputs);

}  // namespace mds
