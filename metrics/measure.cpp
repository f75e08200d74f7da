#include "metrics/measure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "metrics/box_overlap.h"
#include "metrics/caption_clusters.h"
#include "metrics/choosing.h"
#include "metrics/perceptual.h"
#include "metrics/reference_npz.h"
#include "networks/network_spec.h"
#include "pipeline/mapped_file.h"
#include "spec/describe.h"
#include "spec/error.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

bool needs_reference(const Metric& metric) {
  return metric.against != Against::captions && metric.against != Against::layouts;
}

// Whether the score is computed from the features of whole pictures.
bool is_of_features(const Metric& metric) {
  return metric.against != Against::partners && metric.against != Against::layouts;
}

std::vector<size_t> with_layouts(const Metric& metric, const PictureSet& pictures) {
  std::vector<size_t> kept;
  for (size_t i = 0; i < pictures.layouts.size(); ++i)
    if (!pictures.layouts[i].empty()) kept.push_back(i);
  if (kept.empty())
    throw FileError(pictures.folder + ": " + metric.name + " needs pictures with layouts: drawn by one, or with " +
                    "\"layout\" in metadata.jsonl");
  return kept;
}

std::string label_of(const Metric& metric) { return std::string(metric.network) + "." + metric.resizer; }

// How to compute the values of pairs of uint8 pictures, and the weights for it.
struct PairMeasure {
  std::function<Tensor(const Tensor& a_NCHW, const Tensor& b_NCHW)> values;
  std::string weights_hash{};
};

PairMeasure pair_measure(const Metric& metric, const MeasureOptions& options) {
  if (const auto* pixels = std::get_if<PixelPairs>(&metric.kind)) return {.values = pixels->values};
  const std::string file = weights_of_network(metric.network, options.weights);
  const auto network = std::make_shared<PerceptualNetwork>(load_network(metric.network), file, options.placement);
  const auto in_range = [](const Tensor& bytes) { return bytes.to(at::kFloat) / 127.5 - 1; };
  return {[=](const Tensor& a, const Tensor& b) { return perceptual_values(*network, in_range(a), in_range(b)); },
          hash_of_weights(file)};
}

// Covariances and similarities within a set need at least two pictures.
void require_two(const PictureSet& pictures, size_t count) {
  if (count < 2) throw FileError(pictures.folder + ": has 1 picture that can be measured; at least 2 are needed");
}

bool any(const std::vector<const Metric*>& metrics, Against against) {
  return std::any_of(metrics.begin(), metrics.end(), [&](const Metric* metric) { return metric->against == against; });
}

// The value of pair i; FileError where its pictures cannot be compared.
Tensor pair_values(const PairMeasure& measure, const PicturePairs& pairs, size_t i, int64_t size) {
  const auto a = comparison_picture(pairs.a.files[i], size), b = comparison_picture(pairs.b.files[i], size);
  if (a.sizes() != b.sizes())
    throw ConfigError(pairs.a.files[i] + ": is " + std::to_string(a.size(3)) + "x" + std::to_string(a.size(2)) +
                      ", its partner " + pairs.b.files[i] + " is " + std::to_string(b.size(3)) + "x" +
                      std::to_string(b.size(2)) + "; `size` N brings both to one size");
  return measure.values(a, b);
}

}  // namespace

Measurer::Measurer(MeasureOptions options, MeasureListener listener)
    : options_(std::move(options)),
      listener_(std::move(listener)),
      reference_is_folder_(fs::is_directory(options_.reference)) {
  for (const Metric* metric : options_.metrics) {
    if (!needs_reference(*metric)) continue;
    const std::string name = metric->name;
    if (options_.reference.empty()) throw RequestError(name + " compares with reference pictures; give `reference`");
    if (metric->against == Against::partners && !reference_is_folder_)
      throw RequestError(name + " compares picture with picture: `reference` must be a folder");
  }
  const bool is_file = !options_.reference.empty() && !reference_is_folder_;
  if (is_file && !is_npz(options_.reference)) shipped_ = load_reference(options_.reference);
}

Measurer::Groups Measurer::by_extractor() const {
  Groups groups;
  for (const Metric* metric : options_.metrics)
    if (is_of_features(*metric)) groups[label_of(*metric)].push_back(metric);
  return groups;
}

std::unique_ptr<Extractor> Measurer::open(const std::vector<const Metric*>& metrics) const {
  return open_extractor({.network = metrics[0]->network,
                         .resizer = metrics[0]->resizer,
                         .with_texts = any(metrics, Against::captions) || any(metrics, Against::layouts)},
                        options_.weights, options_.placement);
}

void Measurer::attempt(const std::vector<const Metric*>& metrics, const std::function<void()>& measure) {
  if (!listener_.failed) return measure();
  try {
    measure();
  } catch (const std::exception& error) {
    if (!failure_) failure_ = std::current_exception();
    for (const Metric* metric : metrics) listener_.failed(metric->name, error.what());
  }
}

void Measurer::prepare(const PictureSet& pictures, const std::vector<ImageSize>& drawn) {
  for (const Metric* metric : options_.metrics) {
    if (metric->against == Against::partners) prepare_pairs(*metric, pictures, drawn);
    if (metric->against == Against::layouts) with_layouts(*metric, pictures);
  }
  for (const auto& [label, metrics] : by_extractor()) prepare_extractor(metrics, pictures);
}

void Measurer::prepare_extractor(const std::vector<const Metric*>& metrics, const PictureSet& pictures) {
  const auto extractor = open(metrics);
  const int64_t n = int64_t(pictures.files.size());
  if (any(metrics, Against::statistics) || any(metrics, Against::features)) {
    require_two(pictures, size_t(n));
    const int64_t reference_n = reference_of(*extractor, needs_features(metrics, pictures)).stats.n;
    for (const Metric* metric : metrics) require_subsets(*metric, options_.subsets, n, reference_n);
  }
  for (const Metric* metric : metrics)
    if (std::holds_alternative<ChoiceShare>(metric->kind)) require_choices(*metric, pictures);
  if (any(metrics, Against::captions)) warn_of_cuts(*extractor, pictures);
}

void Measurer::warn_of_cuts(const Extractor& extractor, const PictureSet& pictures) const {
  constexpr size_t shown_at_most = 5;
  size_t cut = 0;
  for (const auto& caption : std::set<std::string>(pictures.captions.begin(), pictures.captions.end()))
    if (const auto truncation = extractor.truncation(caption); truncation && listener_.warned && ++cut <= shown_at_most)
      listener_.warned("caption " + shown(caption) + " is, for " + extractor.identity().network + ", " +
                       to_string(*truncation));
  if (cut > shown_at_most)
    listener_.warned(std::to_string(cut - shown_at_most) + " more captions are cut for " +
                     extractor.identity().network);
}

void Measurer::prepare_pairs(const Metric& metric, const PictureSet& pictures, const std::vector<ImageSize>& drawn) {
  pair_measure(metric, options_);
  const PicturePairs pairs = paired(pictures, reference_pictures());
  if (drawn.empty()) return;
  if (const size_t alone = pictures.files.size() - pairs.a.files.size(); alone > 0 && listener_.warned)
    listener_.warned(std::string(metric.name) + ": " + std::to_string(alone) + " of " +
                     std::to_string(pictures.files.size()) + " pictures have no partner of their name in " +
                     pairs.b.folder);
  const ImageSize partner = load_image_size(pairs.b.files.front());
  for (const ImageSize& size : options_.size > 0 ? std::vector<ImageSize>() : drawn)
    if (size != partner)
      throw ConfigError(pairs.b.files.front() + ": is " + std::to_string(partner.width) + "x" +
                        std::to_string(partner.height) + ", the pictures are drawn at " + std::to_string(size.width) +
                        "x" + std::to_string(size.height) + "; `size` N brings both to one size");
}

void check_weights(const MeasureOptions& options) {
  for (const Metric* metric : options.metrics) {
    const std::string network = metric->network;
    if (network.empty()) continue;
    const std::string file = weights_of_network(network, options.weights);
    if (!fs::exists(file)) throw FileError(file + ": is missing; expected the weights of " + network);
  }
}

bool Measurer::needs_captions() const {
  return std::any_of(options_.metrics.begin(), options_.metrics.end(),
                     [](const Metric* metric) { return !needs_reference(*metric); });
}

LabelledScore over_seeds(const std::vector<LabelledScore>& of_seeds) {
  std::vector<Score> scores;
  for (const auto& one : of_seeds) scores.push_back(one.score);
  LabelledScore result{over_seeds(scores), of_seeds.front().protocol};
  result.protocol.n = result.score.n;
  result.protocol.interval = result.score.interval;
  result.score.clusters = result.protocol.clusters = 0;
  result.protocol.replicates = int64_t(of_seeds.size());
  return result;
}

std::vector<int64_t> Measurer::clusters_of_reference(const PictureSet& pictures) {
  if (pictures.captions.empty() || !reference_is_folder_ || options_.split.empty()) return {};
  return reference_clusters(pictures.captions, reference_pictures().captions);
}

bool Measurer::needs_features(const std::vector<const Metric*>& metrics, const PictureSet& pictures) {
  const auto by_caption = [](const Metric* metric) { return resamples_captions(*metric); };
  return any(metrics, Against::features) ||
         (std::any_of(metrics.begin(), metrics.end(), by_caption) && !clusters_of_reference(pictures).empty());
}

ScoreOptions Measurer::score_options(const Metric& metric, const PictureSet& pictures, const std::vector<size_t>& kept,
                                     int64_t reference_n) {
  ScoreOptions options = options_.score;
  if (resamples_captions(metric)) options.reference_cluster_of = clusters_of_reference(pictures);
  // A reference of which a picture could not be read has fewer pictures than captions, and stays as it is.
  if (int64_t(options.reference_cluster_of.size()) != reference_n) options.reference_cluster_of.clear();
  options.cluster_of =
      options.resamples_reference() ? caption_clusters(pictures.captions, kept) : repeat_clusters(pictures, kept);
  return options;
}

std::vector<LabelledScore> Measurer::measure(const PictureSet& pictures, const ScoreProtocol& drawn) {
  Scores found;
  failure_ = nullptr;
  for (const Metric* metric : options_.metrics) {
    if (metric->against == Against::partners) attempt({metric}, [&] { of_pairs(*metric, pictures, found); });
    if (metric->against == Against::layouts) attempt({metric}, [&] { of_layouts(*metric, pictures, found); });
  }
  for (const auto& [label, metrics] : by_extractor()) attempt(metrics, [&] { of_extractor(metrics, pictures, found); });
  if (found.empty() && failure_) std::rethrow_exception(failure_);
  std::vector<LabelledScore> scores;
  for (const Metric* metric : options_.metrics) {
    if (!found.contains(metric)) continue;
    LabelledScore& score = found.at(metric);
    ScoreProtocol& protocol = score.protocol;
    protocol.prompts_hash = drawn.prompts_hash;
    protocol.sampler = drawn.sampler;
    protocol.steps = drawn.steps;
    protocol.guidance = drawn.guidance;
    protocol.seed_rule = drawn.seed_rule;
    protocol.repeats = pictures.repeats;
    if (!needs_reference(*metric) && protocol.prompts_hash.empty())
      protocol.prompts_hash = captions_hash(pictures.captions);
    if (!drawn.sampler.empty()) protocol.dtype = drawn.dtype;
    protocol.n = score.score.n;
    protocol.resolution = options_.size;
    protocol.interval = score.score.interval;
    protocol.clusters = score.score.clusters;
    protocol.resampling = score.score.resampling;
    protocol.replicates = options_.score.replicates;
    protocol.bootstrap_seed = options_.score.seed;
    scores.push_back(score);
  }
  return scores;
}

Extracted Measurer::extracted(const Extractor& extractor, const PictureSet& pictures) const {
  const std::string what = extractor.identity().network + " of " + pictures.folder;
  ExtractOptions options{.batch = options_.batch, .size = options_.size};
  if (listener_.progress) {
    listener_.progress(what, 0, int64_t(pictures.files.size()));
    options.tick = [&](int64_t done) { listener_.progress(what, done, int64_t(pictures.files.size())); };
  }
  Extracted result = extract(extractor, pictures, options);
  if (listener_.rates) listener_.rates(what, result.rates);
  if (listener_.skipped && !result.skipped.skips.empty()) listener_.skipped(what, result.skipped);
  return result;
}

void Measurer::of_extractor(const std::vector<const Metric*>& metrics, const PictureSet& pictures, Scores& scores) {
  const auto extractor = open(metrics);
  const ReferenceStats* reference = nullptr;
  if (any(metrics, Against::statistics) || any(metrics, Against::features))
    reference = &reference_of(*extractor, needs_features(metrics, pictures));
  const Extracted measured = extracted(*extractor, pictures);
  if (reference) require_two(pictures, measured.kept.size());
  MeasureInput input{
      .features_ND = measured.features_ND, .reference = reference, .texts_ND = {}, .subsets = options_.subsets};
  if (any(metrics, Against::captions)) {
    std::vector<std::string> captions;
    for (const size_t i : measured.kept) captions.push_back(pictures.captions.at(i));
    input.texts_ND = extractor->text_features(captions);
  }
  const ExtractorIdentity& identity = extractor->identity();
  for (const Metric* metric : metrics)
    attempt({metric}, [&] {
      LabelledScore score;
      const bool chooses = std::holds_alternative<ChoiceShare>(metric->kind);
      const Choosing chosen = chooses ? choosing(*metric, *extractor, pictures, measured) : Choosing{};
      score.score = score_of(
          *metric, chooses ? chosen.input : input,
          score_options(*metric, pictures, chooses ? chosen.kept : measured.kept, reference ? reference->stats.n : 0));
      score.protocol = {.resizer = identity.resizer,
                        .extractor = identity.network,
                        .weights_hash = identity.weights_hash,
                        .dtype = identity.dtype,
                        .choices = chooses ? metric->convention : ""};
      if (const Subset* subset = subset_of(*metric))
        score.protocol.subset =
            fitted(options_.subsets, measured.features_ND.size(0), reference->stats.n).*subset->size;
      if (needs_reference(*metric)) {
        score.protocol.data_hash = reference->identity.data_hash;
        score.protocol.reference_hash = content_hash(
            *reference, metric->against == Against::features ? ReferencePart::features : ReferencePart::statistics);
      }
      scores[metric] = std::move(score);
    });
}

void Measurer::of_pairs(const Metric& metric, const PictureSet& pictures, Scores& scores) {
  const PairMeasure measure = pair_measure(metric, options_);
  const PicturePairs pairs = paired(pictures, reference_pictures());
  const std::string what = std::string(metric.name) + " of " + pictures.folder;
  FolderReport skipped = pairs.skipped;
  if (listener_.progress) listener_.progress(what, 0, int64_t(pairs.a.files.size()));
  std::vector<Tensor> values;
  for (size_t i = 0; i < pairs.a.files.size(); ++i) {
    try {
      values.push_back(pair_values(measure, pairs, i, options_.size));
    } catch (const FileError& error) {
      skipped.skips.push_back({pairs.a.files[i], std::string("one of the pair cannot be decoded: ") + error.what()});
    }
    if (listener_.progress) listener_.progress(what, int64_t(i) + 1, int64_t(pairs.a.files.size()));
  }
  if (listener_.skipped && !skipped.skips.empty()) listener_.skipped(what, skipped);
  if (values.empty()) throw FileError(pictures.folder + ": no pair can be measured. " + summary(skipped));
  scores[&metric] = {
      mean_score(metric.name, at::cat(values), options_.score),
      {.data_hash = reference_data_hash(), .extractor = metric.network, .weights_hash = measure.weights_hash}};
}

void Measurer::of_layouts(const Metric& metric, const PictureSet& pictures, Scores& scores) {
  const auto extractor = open({&metric});
  const std::string what = std::string(metric.name) + " of " + pictures.folder;
  const std::vector<size_t> candidates = with_layouts(metric, pictures);
  const auto value = std::get<LayoutMean>(metric.kind).value == LayoutValue::overlap ? box_overlap : box_binding;
  std::vector<double> values;
  std::vector<size_t> kept;
  FolderReport skipped;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (listener_.progress) listener_.progress(what, int64_t(i), int64_t(candidates.size()));
    const std::string& file = pictures.files[candidates[i]];
    try {
      const Tensor picture = comparison_picture(file, options_.size);
      values.push_back(value(*extractor, picture, pictures.layouts[candidates[i]]));
      kept.push_back(candidates[i]);
    } catch (const FileError& error) {
      skipped.skips.push_back({file, std::string("cannot be decoded: ") + error.what()});
    }
  }
  if (listener_.skipped && !skipped.skips.empty()) listener_.skipped(what, skipped);
  if (values.empty()) throw FileError(pictures.folder + ": no picture can be measured. " + summary(skipped));
  const ExtractorIdentity& identity = extractor->identity();
  scores[&metric] = {mean_score(metric.name, at::tensor(values), score_options(metric, pictures, kept, 0)),
                     {.resizer = identity.resizer,
                      .extractor = identity.network,
                      .weights_hash = identity.weights_hash,
                      .dtype = identity.dtype}};
}

const PictureSet& Measurer::reference_pictures() {
  if (reference_pictures_.files.empty()) {
    const std::string& split = options_.split;
    reference_pictures_ =
        split.empty() ? list_picture_files(options_.reference) : list_captioned(options_.reference, split);
  }
  return reference_pictures_;
}

const std::string& Measurer::reference_data_hash() {
  if (reference_data_hash_.empty()) reference_data_hash_ = pictures_hash(reference_pictures());
  return reference_data_hash_;
}

const ReferenceStats& Measurer::reference_of(const Extractor& extractor, bool with_features) {
  const std::string key = reference_key(extractor.identity());
  ReferenceStats& reference = references_[key];
  if (reference.stats.n == 0 || (with_features && !reference.features_ND.defined()))
    reference = prepared_reference(extractor, with_features);
  return reference;
}

ReferenceStats Measurer::reference_of_npz(const Extractor& extractor, bool with_features) const {
  const ExtractorIdentity& identity = extractor.identity();
  if (with_features)
    throw FileError(options_.reference + ": holds statistics alone, and " + identity.network +
                    " is asked for a score of features; give the folder of the pictures");
  if (listener_.warned)
    listener_.warned(options_.reference + " does not say what made it; it is taken as made by " +
                     reference_key(identity) + " (pytorch-fid: fid_legacy_pytorch)");
  return {
      .identity = {.data_hash = file_sha256(options_.reference), .resolution = options_.size, .extractor = identity},
      .stats = load_npz_stats(options_.reference)};
}

ReferenceStats Measurer::prepared_reference(const Extractor& extractor, bool with_features) {
  if (!reference_is_folder_ && is_npz(options_.reference)) return reference_of_npz(extractor, with_features);
  const std::string key = reference_key(extractor.identity());
  ReferenceIdentity identity{.data_hash = "", .resolution = options_.size, .extractor = extractor.identity()};
  const auto fits = [&](const ReferenceFile& file) {
    const auto found = file.find(key);
    return found != file.end() && hash_of(found->second.identity) == hash_of(identity) &&
           (!with_features || found->second.features_ND.defined());
  };
  if (!reference_is_folder_) {
    if (shipped_.contains(key)) identity.data_hash = shipped_.at(key).identity.data_hash;
    if (fits(shipped_)) return shipped_.at(key);
    throw FileError(options_.reference + ": has no " + std::string(with_features ? "features" : "statistics") + " of " +
                    key + " with weights " + extractor.identity().weights_hash.substr(0, 8) + " at resolution " +
                    std::to_string(options_.size) + "; give the folder of the pictures");
  }
  identity.data_hash = reference_data_hash();
  return cached_reference(options_.cache, identity, with_features, [&] {
    const Extracted features = extracted(extractor, reference_pictures());
    require_two(reference_pictures(), features.kept.size());
    return features.features_ND;
  });
}

}  // namespace mds
