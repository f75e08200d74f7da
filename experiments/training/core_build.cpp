// What a core build, which reads no pictures and no texts, has in place of what does.
#include "experiments/sweep/features.h"
#include "experiments/timing/profile.h"
#include "experiments/training/picture_parts.h"
#include "pipeline/export.h"

namespace mds {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw ConfigError(what +
                    ": this core build reads cached latents only; make them where pictures can be read "
                    "(out/cache/*.safetensors) and name that file");
}

}  // namespace

std::string cached_latents(const LatentRequest& request, Listener&) {
  refuse("data set \"" + request.data.latents + "\"");
}
EncodedCaptions encoded_captions(const std::string& file, const EncoderFolders&, const Placement&) {
  throw ConfigError("stage.captions: \"" + file + "\": this core build has no text encoder; allowed: \"\"");
}
std::unique_ptr<StageRun> open_picture_stage(const AutoencoderConfig&, const LoopConfig&, Listener&) {
  refuse("stage autoencoder");
}
std::unique_ptr<StageRun> open_picture_stage(const TextImageConfig&, const LoopConfig&, Listener&) {
  refuse("stage text_image");
}
void record_pictures(Database&, const Lease&, int64_t, const Drawn&) {}

std::unique_ptr<SweepFeatures> open_features(const Metric& metric, const SweepConfig&, const Placement&, Listener&) {
  throw ConfigError("evaluation.scores names " + std::string(metric.name) +
                    ", but this core build reads no pictures for " + metric.network + "; allowed: kid_emoji_clip");
}

bool save_grid(const std::string&, const Tensor&) { return false; }

std::vector<std::string> export_onnx(const std::string&, const Network&, const NetworkSpec&) {
  throw ConfigError("`to` onnx: this core build leaves ONNX out; allowed: torchscript, safetensors");
}

RawProfile time_model(const ProfileRequest&, Listener&) {
  throw ConfigError("`model`: this core build has no text encoder; allowed: NAME, a network");
}
std::string profile_model(const ProfileRequest& request, const MeasureApart&, Format, Listener& listener) {
  time_model(request, listener);
  return "";
}

}  // namespace mds
