#include <ATen/ATen.h>

#include "metrics/extractor.h"
#include "networks/network_spec.h"
#include "pipeline/clip_pair.h"
#include "pipeline/mapped_file.h"
#include "spec/error.h"

namespace mds {
namespace {

constexpr const char* emoji_clip = "emoji-clip-score";

std::string weights_for(const std::string& network, const WeightFiles& weights) {
  if (const auto given = weights.find(network); given != weights.end()) return given->second;
  if (network == emoji_clip) return shipped_file("weights/" + network);
  throw UsageError("weights of " + network + " are not part of this project; give --weights " + network + "=FILE");
}

std::string hash_of_weights(const std::string& weights) {
  return is_model_folder(weights) ? model_hash(weights) : file_sha256(weights);
}

class ClipExtractor : public Extractor {
 public:
  ClipExtractor(const ExtractorChoice& choice, const std::string& weights)
      : Extractor({choice.network, choice.resizer, hash_of_weights(weights)}),
        fit_(choice.resizer == "clip_squash" ? ClipFit::squash : ClipFit::crop),
        images_(source(choice, weights), fit_),
        texts_(choice.with_texts ? std::make_unique<TextEncoder>(load_clip_texts(source(choice, weights))) : nullptr) {}

  at::Tensor prepared(const at::Tensor& picture_1CHW) const override {
    return clip_pixels(picture_1CHW, images_.size(), fit_)[0].to(at::kByte);
  }
  at::Tensor features(const at::Tensor& prepared_NCHW) const override { return images_.embed(prepared_NCHW); }
  at::Tensor text_features(const std::vector<std::string>& texts) const override {
    if (!texts_) return Extractor::text_features(texts);
    std::vector<at::Tensor> rows;
    const size_t step = 64;
    for (size_t i = 0; i < texts.size(); i += step) {
      const auto begin = texts.begin() + int64_t(i);
      rows.push_back(texts_->features({begin, begin + int64_t(std::min(step, texts.size() - i))}).embeds_NE);
    }
    return at::cat(rows);
  }

 private:
  static ClipSource source(const ExtractorChoice& choice, const std::string& weights) {
    return {.weights = weights, .image = is_model_folder(weights) ? "" : choice.network};
  }

  ClipFit fit_;
  ClipImages images_;
  std::unique_ptr<TextEncoder> texts_;
};

}  // namespace

std::unique_ptr<Extractor> open_extractor(const ExtractorChoice& choice, const WeightFiles& weights) {
  return std::make_unique<ClipExtractor>(choice, weights_for(choice.network, weights));
}

}  // namespace mds
