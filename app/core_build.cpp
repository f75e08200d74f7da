// What a core build, which reads no pictures and no texts, has in place of commands that do.
#include "app/profile_model.h"
#include "pipeline/export.h"

namespace mds {

std::vector<std::string> export_onnx(const std::string&, const Network&, const NetworkSpec&) {
  throw ConfigError("--to onnx: this core build leaves ONNX out; allowed: torchscript, safetensors");
}
void profile_model(const ModelProfileRequest&) {
  throw ConfigError("--model: this core build has no text encoder; allowed: NAME, a network");
}

}  // namespace mds
