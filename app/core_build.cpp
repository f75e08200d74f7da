#include "app/picture_side.h"
#include "app/sweep_scores.h"
#include "pipeline/export.h"

namespace mds {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw ConfigError(what +
                    ": this core build reads cached latents only; make them where pictures can be read "
                    "(out/cache/*.safetensors) and name that file");
}

}  // namespace

std::string cached_latents(const std::string& source, const EncoderFolders&) { refuse("data set \"" + source + "\""); }
std::unique_ptr<StageRun> open_picture_stage(const AutoencoderConfig&, const LoopConfig&) {
  refuse("stage autoencoder");
}
std::unique_ptr<StageRun> open_picture_stage(const TextImageConfig&, const LoopConfig&) { refuse("stage text_image"); }
void record_pictures(Store&, const Lease&, int64_t, const Drawn&) {}

std::unique_ptr<SweepScores> open_sweep_scores(const SweepConfig& config, const LatentSet&) {
  if (!config.evaluation.scores.empty()) refuse("evaluation.scores");
  return nullptr;
}

std::vector<std::string> export_onnx(const std::string&, const Network&, const NetworkSpec&) {
  throw ConfigError("--to onnx: this core build leaves ONNX out; allowed: torchscript, safetensors");
}
bool save_grid(const std::string&, const Tensor&) { return false; }

}  // namespace mds
