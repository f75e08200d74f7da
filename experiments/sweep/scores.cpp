#include "experiments/sweep/scores.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace mds {
namespace {

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
    if (metric->against == Against::layouts) refuse(name, "which needs layouts; a sweep has none");
    if (std::holds_alternative<ChoiceShare>(metric->kind))
      refuse(name, "which counts only some of the captions; only mdsearch evaluate measures it");
    if (name == "fd_emoji_clip" || name == "clip_emoji") refuse(name, "which every sweep has");
    if (std::find(metrics.begin(), metrics.end(), metric) != metrics.end()) refuse(name, "twice");
    metrics.push_back(metric);
  }
  return metrics;
}

// Whether the metric uses the scoring encoder, whose features and cosines the evaluator already computes.
bool is_own(const Metric& metric) { return metric.network == std::string(emoji_clip); }

// Captions need a network with a text tower, so it is opened under a name of its own.
std::string network_name(const Metric& metric) {
  return std::string(metric.network) + "." + metric.resizer + (metric.against == Against::captions ? ".pairs" : "");
}

// The names of tensors in an evaluation's file.
std::string features_key(const Metric& metric) {
  return is_own(metric) ? "features" : "features." + network_name(metric);
}
std::string values_key(const Metric& metric) { return is_own(metric) ? "clip" : "each." + std::string(metric.name); }

constexpr int64_t least_half = 2;

// The mean distance of halves of the pictures: two of each split, and more splits where few pictures make it uncertain.
double of_halves(const SetDistance& distance, MeasureInput input, uint64_t seed) {
  const Tensor whole_ND = input.features_ND;
  const int64_t n = whole_ND.size(0), half = n / 2, splits = std::clamp<int64_t>(256 / n, 1, 8);
  Random random(seed);
  double sum = 0;
  for (int64_t split = 0; split < splits; ++split) {
    const Tensor order = at::tensor(random_subset(n, n, random));
    for (const Tensor& part : {order.slice(0, 0, half), order.slice(0, half, 2 * half)}) {
      input.features_ND = whole_ND.index_select(0, part);
      sum += distance.resampled(input, {}, seed).value;
    }
  }
  return sum / double(2 * splits);
}

}  // namespace

SweepScores::SweepScores(const SweepConfig& config, const LatentSource& latents, const Placement& placement,
                         Listener& listener)
    : added_(metrics_of(config.evaluation)), seed_(config.evaluation.seed) {
  held_out_.features_ND = latents.held_out_pairs().image_features;
  held_out_.stats = feature_stats(held_out_.features_ND);
  for (const Metric* metric : added_)
    if (!is_own(*metric) && !networks_.contains(network_name(*metric)))
      networks_[network_name(*metric)] = open_features(*metric, config, placement, listener);
}

Json SweepScores::extractors() const {
  Json extractors = Json::array();
  for (const auto& [name, network] : networks_) extractors.push_back(network->identity());
  return extractors;
}

const SweepFeatures* SweepScores::network_of(const Metric& metric) const {
  return is_own(metric) ? nullptr : networks_.at(network_name(metric)).get();
}

MeasureInput SweepScores::input_of(const Metric& metric, const TensorMap& observed) const {
  const SweepFeatures* network = network_of(metric);
  return {.features_ND = observed.at(features_key(metric)), .reference = network ? &network->reference() : &held_out_};
}

TensorMap SweepScores::observed(const Drawn& drawn) const {
  TensorMap observed{{"features", drawn.features_NE}, {"clip", drawn.clip_N}};
  for (const auto& [name, network] : networks_) observed["features." + name] = network->features(drawn);
  for (const Metric* metric : added_) {
    const auto* mean = std::get_if<PictureMean>(&metric->kind);
    if (!mean) continue;
    MeasureInput input = input_of(*metric, observed);
    if (metric->against == Against::captions) input.texts_ND = network_of(*metric)->texts(drawn);
    observed[values_key(*metric)] = mean->values(input);
  }
  return observed;
}

std::vector<Score> SweepScores::added(const TensorMap& observed) const {
  std::vector<Score> scores;
  for (const Metric* metric : added_) {
    const ScoreOptions options{.seed = seed_};
    scores.push_back(std::holds_alternative<PictureMean>(metric->kind)
                         ? mean_score(metric->name, observed.at(values_key(*metric)), options)
                         : score_of(*metric, input_of(*metric, observed), options));
  }
  return scores;
}

std::vector<EvaluationSampleRow> SweepScores::samples_of(const Metric& metric, const TensorMap& observed,
                                                         const BootstrapIndices& rows) const {
  const auto row = [&](SampleKind kind, std::vector<float> samples) {
    return EvaluationSampleRow{.name = metric.name, .kind = kind, .samples = std::move(samples)};
  };
  if (std::holds_alternative<PictureMean>(metric.kind)) {
    const Tensor values_N = observed.at(values_key(metric)).to(at::kFloat).contiguous();
    const float* value = values_N.const_data_ptr<float>();
    return {row(SampleKind::picture, {value, value + values_N.numel()})};
  }
  const auto& distance = std::get<SetDistance>(metric.kind);
  const MeasureInput input = input_of(metric, observed);
  const std::vector<double> replicates = distance.resampled(input, rows, seed_).replicates;
  std::vector<EvaluationSampleRow> found{row(SampleKind::replicate, {replicates.begin(), replicates.end()})};
  const bool biased = score_kind(metric.name)->measure == Measure::log_distance && !distance.subset;
  if (biased && input.features_ND.size(0) >= 2 * least_half)
    found.push_back(row(SampleKind::halves, {float(of_halves(distance, input, seed_))}));
  return found;
}

std::vector<EvaluationSampleRow> SweepScores::samples(const TensorMap& observed, const PolicyConfig& policy) const {
  std::vector<EvaluationSampleRow> found;
  const auto rows = policy_indices(policy, observed.at("features").size(0));
  for (const auto& name : policy_scores(policy))
    for (auto& each : samples_of(*find_metric(name), observed, rows)) found.push_back(std::move(each));
  return found;
}

}  // namespace mds
