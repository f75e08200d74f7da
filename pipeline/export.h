// Writes networks as files for other programs: safetensors with the spec beside them, TorchScript, ONNX.
#pragma once

#include <string>
#include <vector>

#include "pipeline/model.h"

namespace mds {

enum class ExportFormat : uint8_t { torchscript, onnx, safetensors };
template <>
struct EnumNames<ExportFormat> {
  static constexpr std::array names{"torchscript", "onnx", "safetensors"};
};

// Writes the weights by path, converted to `dtype`, to FILE, and the spec as JSON to FILE with the extension .json,
// which load_network() reads. Returns the files written; WriteError where one cannot be.
std::vector<std::string> export_safetensors(const std::string& file, const Network& network, const NetworkSpec& spec,
                                            at::ScalarType dtype);

// The same for the network's forward pass in float32, for any batch size: see trace.h for inputs and outputs. A core
// build has no ONNX: ConfigError.
std::vector<std::string> export_torchscript(const std::string& file, const Network& network, const NetworkSpec& spec);
std::vector<std::string> export_onnx(const std::string& file, const Network& network, const NetworkSpec& spec);

}  // namespace mds
