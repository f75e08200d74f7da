// Writes a network as an ONNX file.
#include "pipeline/export.h"
#include "pipeline/onnx_lowering.h"
#include "pipeline/trace.h"

namespace mds {

std::vector<std::string> export_onnx(const std::string& file, const Network& network, const NetworkSpec& spec) {
  return save_onnx(file, lower_to_onnx(trace(network, spec), spec).graph);
}

}  // namespace mds
