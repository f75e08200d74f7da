// The one table from LibTorch's operators to ONNX's.
#pragma once

#include <map>
#include <string>

#include "pipeline/onnx_call.h"

namespace mds {

// Adds the nodes that compute what the call computes, and gives the call's output a name.
using OnnxOperator = void (*)(const OnnxCall& call);

// By qualified name: "aten::silu".
const std::map<std::string, OnnxOperator>& onnx_operators();

}  // namespace mds
