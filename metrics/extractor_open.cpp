// Opens the network that turns pictures into features, by its name.
#include <ATen/ATen.h>
#include <torch/types.h>

#include "metrics/extractor.h"
#include "networks/network_spec.h"
#include "pipeline/clip_pair.h"
#include "pipeline/mapped_file.h"
#include "pipeline/network_io.h"
#include "pipeline/resizer.h"
#include "pipeline/weight_import.h"
#include "spec/error.h"

namespace mds {
namespace {

class ClipExtractor : public Extractor {
 public:
  ClipExtractor(const ExtractorChoice& choice, const std::string& weights, const Placement& placement)
      : Extractor({choice.network, choice.resizer, hash_of_weights(weights)}),
        fit_(choice.resizer == "clip_squash" ? ClipFit::squash : ClipFit::crop),
        images_(source(choice, weights), fit_, placement),
        texts_(choice.with_texts ? std::make_unique<TextEncoder>(load_clip_texts(source(choice, weights), placement))
                                 : nullptr) {}

  Tensor prepared(const Tensor& picture_1CHW) const override {
    return clip_pixels(picture_1CHW, images_.size(), fit_)[0].to(at::kByte);
  }
  Tensor features(const Tensor& prepared_NCHW) const override { return images_.embed(prepared_NCHW); }
  Tensor text_features(const std::vector<std::string>& texts) const override {
    if (!texts_) return Extractor::text_features(texts);
    std::vector<Tensor> rows;
    const size_t step = 64;
    for (size_t i = 0; i < texts.size(); i += step) {
      const auto begin = texts.begin() + int64_t(i);
      rows.push_back(texts_->features({begin, begin + int64_t(std::min(step, texts.size() - i))}).embeds_NE);
    }
    return at::cat(rows);
  }
  std::optional<Truncation> truncation(const std::string& text) const override {
    return texts_ ? texts_->truncation(text) : std::nullopt;
  }

 private:
  static ClipSource source(const ExtractorChoice& choice, const std::string& weights) {
    return {.weights = weights, .image = is_model_folder(weights) ? "" : choice.network};
  }

  ClipFit fit_;
  ClipImages images_;
  std::unique_ptr<TextEncoder> texts_;
};

Resizer resizer_called(const std::string& name) {
  Resizer resizer{};
  read_enum(Json(name), resizer, {.source = "extractor", .path = "resizer"});
  return resizer;
}

// Networks from `images` to `features`; a picture of another shape than the network's input is stretched.
class FeatureExtractor : public Extractor {
 public:
  FeatureExtractor(const ExtractorChoice& choice, NetworkSpec spec, const std::string& weights,
                   const Placement& placement)
      : Extractor({choice.network, choice.resizer, hash_of_weights(weights)}),
        spec_(std::move(spec)),
        resizer_(resizer_called(choice.resizer)),
        network_(make_network(make_plan(spec_), placement, at::MemoryFormat::Contiguous)) {
    adopt_weights(*network_, import_weights(network_->plan(), load_tensors(weights).tensors, weights), weights);
  }

  Tensor prepared(const Tensor& picture_1CHW) const override {
    const Shape& in = network_->plan().input;
    return resized(picture_1CHW, {.width = in.width, .height = in.height}, resizer_)[0];
  }
  Tensor features(const Tensor& prepared_NCHW) const override {
    const torch::NoGradGuard no_grad;
    return run_network(*network_, spec_, {{prepared_NCHW}})[0].to(at::kCPU);
  }

 private:
  NetworkSpec spec_;
  Resizer resizer_;
  NetworkPtr network_;
};

}  // namespace

WeightFiles parse_weight_files(const std::string& flag, const std::vector<std::string>& given) {
  WeightFiles files;
  for (const auto& each : given) {
    const size_t equals = each.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == each.size())
      throw RequestError(flag + " is \"" + each + "\"; expected NETWORK=FILE");
    files[each.substr(0, equals)] = each.substr(equals + 1);
  }
  return files;
}

std::string weights_of_network(const std::string& network, const WeightFiles& weights) {
  if (const auto given = weights.find(network); given != weights.end()) return given->second;
  if (network == emoji_clip) return shipped_file("weights/" + network);
  if (network != lite0)
    throw RequestError("weights of " + network + " are not part of this project; give `weights` " + network +
                       "=FILE, in a sweep evaluation.weights");
  try {
    return shipped_file("out/weights/" + network + ".safetensors");
  } catch (const FileError& error) {
    throw FileError(std::string(error.what()) + "; `scripts/setup.sh --weights` fetches it, or give `weights` " +
                    network + "=FILE");
  }
}

std::string hash_of_weights(const std::string& weights) {
  return is_model_folder(weights) ? model_hash(weights) : file_sha256(weights);
}

std::unique_ptr<Extractor> open_extractor(const ExtractorChoice& choice, const WeightFiles& weights,
                                          const Placement& placement) {
  const std::string file = weights_of_network(choice.network, weights);
  if (choice.network == emoji_clip) return std::make_unique<ClipExtractor>(choice, file, placement);
  NetworkSpec spec = load_network(choice.network);
  if (std::holds_alternative<ImageTowerSpec>(spec)) return std::make_unique<ClipExtractor>(choice, file, placement);
  return std::make_unique<FeatureExtractor>(choice, std::move(spec), file, placement);
}

}  // namespace mds
