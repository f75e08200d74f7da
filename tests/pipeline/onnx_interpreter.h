// Runs an ONNX graph with operators implemented from ONNX's documentation, independent of the exporter.
#pragma once

#include "pipeline/onnx_graph.h"
#include "pipeline/weights.h"

namespace mds {

// Outputs by name; std::out_of_range for an operator that no export uses.
TensorMap run_onnx(const OnnxGraph& graph, TensorMap inputs);

}  // namespace mds
