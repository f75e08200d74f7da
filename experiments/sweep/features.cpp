#include "experiments/sweep/features.h"

#include <ATen/ATen.h>

#include "data/picture_source.h"
#include "experiments/training/stage_data.h"
#include "metrics/extractor.h"

namespace mds {
namespace {

constexpr const char* cache = "out/cache";

PictureSet held_out_pictures(const LatentData& data) {
  const std::string& source = data.latents;
  const SourcePtr opened = open_source(source, data.held_out);
  const auto* pairs = opened->pairs();
  PictureSet set{.folder = source, .names = {}, .files = {}, .captions = {}};
  if (pairs)
    for (const auto& pair : pairs_of_split(*pairs, "held_out")) {
      set.names.push_back(pair.id);
      set.files.push_back(pair.file);
    }
  if (set.files.size() < 2)
    throw ConfigError(source + ": evaluation.scores compares with held-out pictures; it has none");
  return set;
}

class ExtractorSide : public SweepFeatures {
 public:
  ExtractorSide(const Metric& metric, const SweepConfig& config, const Placement& placement, Listener& listener)
      : extractor_(open_extractor(
            {.network = metric.network, .resizer = metric.resizer, .with_texts = metric.against == Against::captions},
            parse_weight_files("evaluation.weights", config.evaluation.weights), placement.with_library())) {
    if (metric.against == Against::captions) return;
    const int64_t side =
        make_plan(*load_card(config.stage.data.encoders.autoencoder).vae_decoder).steps.back().out.width;
    const PictureSet pictures = held_out_pictures(config.stage.data);
    const ReferenceIdentity identity{
        .data_hash = pictures_hash(pictures), .resolution = side, .extractor = extractor_->identity()};
    reference_ = cached_reference(cache, identity, /*with_features=*/true, [&] {
      const Extracted extracted = extract(*extractor_, pictures, {.size = side});
      say_skipped(listener, pictures.folder, extracted.skipped);
      return extracted.features_ND;
    });
  }

  Tensor features(const Drawn& drawn) const override {
    std::vector<Tensor> rows;
    constexpr int64_t batch = 32;
    for (int64_t first = 0; first < drawn.pictures.size(0); first += batch) {
      std::vector<Tensor> prepared;
      for (int64_t i = first; i < std::min(first + batch, drawn.pictures.size(0)); ++i)
        prepared.push_back(extractor_->prepared(drawn.pictures.slice(0, i, i + 1)));
      rows.push_back(extractor_->features(at::stack(prepared)));
    }
    return at::cat(rows);
  }
  Tensor texts(const Drawn& drawn) const override { return extractor_->text_features(drawn.captions); }
  const ReferenceStats& reference() const override { return reference_; }
  Json identity() const override { return to_json(extractor_->identity()); }

 private:
  std::unique_ptr<Extractor> extractor_;
  ReferenceStats reference_;
};

}  // namespace

std::unique_ptr<SweepFeatures> open_features(const Metric& metric, const SweepConfig& config,
                                             const Placement& placement, Listener& listener) {
  return std::make_unique<ExtractorSide>(metric, config, placement, listener);
}

}  // namespace mds
