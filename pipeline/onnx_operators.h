// The one table that maps LibTorch's operators to ONNX.
#pragma once

#include <map>
#include <string>

#include "pipeline/onnx_call.h"

namespace mds {

// Adds the nodes that compute the call's result, and names its output.
using OnnxOperator = void (*)(const OnnxCall& call);

// By qualified name: "aten::silu".
const std::map<std::string, OnnxOperator>& onnx_operators();

}  // namespace mds
