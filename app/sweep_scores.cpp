#include "app/sweep_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "app/stage_data.h"
#include "data/picture_source.h"
#include "metrics/metric_table.h"

namespace mds {
namespace {

constexpr const char* cache = "out/cache";

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw ConfigError("evaluation.scores names " + name + ", " + reason);
}

std::vector<const Metric*> metrics_of(const EvaluationConfig& config) {
  std::vector<const Metric*> metrics;
  for (const auto& name : config.scores) {
    const Metric* metric = find_metric(name);
    if (!metric) refuse(name, "which is not known; known: " + known_metrics());
    if (metric->against == Against::partners)
      refuse(name, "which compares each picture with a partner; a sweep has none");
    if (name == "fd_emoji_clip" || name == "clip_emoji") refuse(name, "which every sweep has");
    if (std::find(metrics.begin(), metrics.end(), metric) != metrics.end()) refuse(name, "twice");
    metrics.push_back(metric);
  }
  return metrics;
}

PictureSet held_out_pictures(const std::string& source) {
  const SourcePtr opened = open_source(source);
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

// A feature network with what it sees of the held-out pictures. The scoring encoder's features are in the latents.
class Side {
 public:
  Side(const Metric& metric, const SweepConfig& config, const LatentSet& latents)
      : own_(metric.network == std::string(emoji_clip)) {
    if (own_) {
      reference_.features_ND = latents.image_features.index_select(0, latents.rows(/*of_held_out=*/true));
      reference_.stats = feature_stats(reference_.features_ND);
      return;
    }
    const bool with_texts = metric.against == Against::captions;
    extractor_ = open_extractor({.network = metric.network, .resizer = metric.resizer, .with_texts = with_texts},
                                parse_weight_files("evaluation.weights", config.evaluation.weights));
    if (with_texts) return;
    const int64_t side = make_plan(*load_card(config.stage.encoders.autoencoder).vae_decoder).steps.back().out.width;
    const PictureSet pictures = held_out_pictures(config.stage.latents);
    const ReferenceIdentity identity{
        .data_hash = pictures_hash(pictures), .resolution = side, .extractor = extractor_->identity()};
    reference_ = cached_reference(cache, identity, /*with_features=*/true, [&] {
      const Extracted extracted = extract(*extractor_, pictures, {.size = side});
      say_skipped(pictures.folder, extracted.skipped);
      return extracted.features_ND;
    });
  }

  at::Tensor features(const Drawn& drawn) const {
    if (own_) return drawn.features_NE;
    std::vector<at::Tensor> rows;
    constexpr int64_t batch = 32;
    for (int64_t first = 0; first < drawn.pictures.size(0); first += batch) {
      std::vector<at::Tensor> prepared;
      for (int64_t i = first; i < std::min(first + batch, drawn.pictures.size(0)); ++i)
        prepared.push_back(extractor_->prepared(drawn.pictures.slice(0, i, i + 1)));
      rows.push_back(extractor_->features(at::stack(prepared)));
    }
    return at::cat(rows);
  }

  at::Tensor texts(const Drawn& drawn) const { return extractor_->text_features(drawn.captions); }
  const ReferenceStats& reference() const { return reference_; }
  const Extractor* extractor() const { return extractor_.get(); }  // null: the scoring encoder, which is the data's

 private:
  bool own_;
  std::unique_ptr<Extractor> extractor_;
  ReferenceStats reference_;
};

class NamedScores : public SweepScores {
 public:
  NamedScores(const SweepConfig& config, const LatentSet& latents)
      : metrics_(metrics_of(config.evaluation)), seed_(config.evaluation.seed) {
    for (const Metric* metric : metrics_)
      if (!sides_.contains(side_of(*metric))) sides_.emplace(side_of(*metric), Side(*metric, config, latents));
  }

  Json extractors() const override {
    Json extractors = Json::array();
    for (const auto& [name, side] : sides_)
      if (side.extractor()) extractors.push_back(to_json(side.extractor()->identity()));
    return extractors;
  }

  TensorMap observed(const Drawn& drawn) const override {
    TensorMap observed;
    for (const auto& [name, side] : sides_) observed["features." + name] = side.features(drawn);
    for (const Metric* metric : metrics_) {
      if (!metric->of_each) continue;
      MeasureInput input = input_of(*metric, observed);
      if (metric->against == Against::captions) input.texts_ND = sides_.at(side_of(*metric)).texts(drawn);
      observed["each." + std::string(metric->name)] = metric->of_each(input);
    }
    return observed;
  }

  std::vector<Score> scores(const TensorMap& observed) const override {
    std::vector<Score> scores;
    for (const Metric* metric : metrics_) {
      const std::string name = metric->name;
      scores.push_back(metric->of_each ? mean_score(name, observed.at("each." + name), {.seed = seed_})
                                       : metric->of_set(name, input_of(*metric, observed), {.seed = seed_}));
    }
    return scores;
  }

  Measured measured(const std::string& name, const TensorMap& observed, const BootstrapIndices& rows) const override {
    const Metric& metric = *find_metric(name);
    if (metric.of_each) return mean_of_each(observed.at("each." + name));
    Resampled distance = metric.resampled(input_of(metric, observed), rows, seed_);
    return {.distance = distance.value, .replicates = std::move(distance.replicates)};
  }

 private:
  // Networks with a text half differ from those without, so captions have sides of their own.
  static std::string side_of(const Metric& metric) {
    return std::string(metric.network) + "." + metric.resizer + (metric.against == Against::captions ? ".pairs" : "");
  }

  MeasureInput input_of(const Metric& metric, const TensorMap& observed) const {
    const ReferenceStats& reference = sides_.at(side_of(metric)).reference();
    const at::Tensor features_ND = observed.at("features." + side_of(metric));
    const int64_t n = features_ND.size(0);
    return {.features_ND = features_ND,
            .reference = &reference,
            .texts_ND = {},
            .subsets = {.kid = std::min({n, reference.stats.n, SubsetSizes{}.kid}),
                        .fid_inf = std::max<int64_t>(2, n / 2)}};
  }

  std::vector<const Metric*> metrics_;
  std::map<std::string, Side> sides_;
  uint64_t seed_;
};

}  // namespace

std::unique_ptr<SweepScores> open_sweep_scores(const SweepConfig& config, const LatentSet& latents) {
  return std::make_unique<NamedScores>(config, latents);
}

}  // namespace mds
