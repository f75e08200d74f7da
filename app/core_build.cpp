#include "app/picture_side.h"
#include "app/profile_model.h"
#include "app/sweep_side.h"
#include "pipeline/export.h"

namespace mds {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw ConfigError(what +
                    ": this core build reads cached latents only; make them where pictures can be read "
                    "(out/cache/*.safetensors) and name that file");
}

}  // namespace

std::string cached_latents(const LatentData& data, int64_t) { refuse("data set \"" + data.latents + "\""); }
std::unique_ptr<StageRun> open_picture_stage(const AutoencoderConfig&, const LoopConfig&) {
  refuse("stage autoencoder");
}
std::unique_ptr<StageRun> open_picture_stage(const TextImageConfig&, const LoopConfig&) { refuse("stage text_image"); }
void record_pictures(Store&, const Lease&, int64_t, const Drawn&) {}

std::unique_ptr<SweepSide> open_side(const Metric& metric, const SweepConfig&) {
  throw ConfigError("evaluation.scores names " + std::string(metric.name) +
                    ", but this core build reads no pictures for " + metric.network + "; allowed: kid_emoji_clip");
}

std::vector<std::string> export_onnx(const std::string&, const Network&, const NetworkSpec&) {
  throw ConfigError("--to onnx: this core build leaves ONNX out; allowed: torchscript, safetensors");
}
void profile_model(const ModelProfile&) {
  throw ConfigError("--model: this core build has no text encoder; allowed: NAME, a network");
}
bool save_grid(const std::string&, const Tensor&) { return false; }

}  // namespace mds
