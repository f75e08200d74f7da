// The scores of a sweep's pictures, named as in the metric table: fd_emoji_clip and clip_emoji, which every sweep has,
// and those that its configuration adds. Pictures are compared with the held-out pictures of the data set; subsets are
// as large as the sets allow.
#pragma once

#include <map>
#include <memory>

#include "experiments/sweep/features.h"
#include "search/store/store.h"

namespace mds {

class SweepScores {
 public:
  // ConfigError for names that a sweep cannot score; other errors as in open_features.
  SweepScores(const SweepConfig& config, const LatentSource& latents, const Placement& placement, Listener& listener);

  // The feature networks besides the scoring encoder, with the hashes of their weights.
  Json extractors() const;

  // Everything that the scores of an evaluation are computed from.
  TensorMap observed(const Drawn& drawn) const;
  std::vector<Score> added(const TensorMap& observed) const;  // those that the configuration adds
  // What the policy's decisions need of its scores besides their values; run and iteration are not set.
  std::vector<EvaluationSampleRow> samples(const TensorMap& observed, const PolicyConfig& policy) const;

 private:
  std::vector<EvaluationSampleRow> samples_of(const Metric& metric, const TensorMap& observed,
                                              const BootstrapIndices& rows) const;
  const SweepFeatures* network_of(const Metric& metric) const;
  MeasureInput input_of(const Metric& metric, const TensorMap& observed) const;

  std::vector<const Metric*> added_;
  ReferenceStats held_out_;                                         // of the scoring encoder
  std::map<std::string, std::unique_ptr<SweepFeatures>> networks_;  // for other networks
  uint64_t seed_;
};

// Everything that measures in a sweep.
struct SweepMeasures {
  SweepMeasures(const SweepConfig& config, const LatentSource& latents, const Placement& placement, Listener& listener)
      : evaluator(latents, config.stage.data.encoders, config.evaluation, placement),
        scores(config, latents, placement, listener) {}

  Evaluator evaluator;
  SweepScores scores;
};

// What all parts of a running sweep share.
struct SweepContext {
  Database& database;
  const SweepConfig& config;
  const LatentSource& latents;
  const SweepMeasures& measures;
  Placement placement;
  Listener& listener;
  PhaseClock& clock;
};

// The conditions that all candidates share; its hash marks their scores. Weights are identified by their content.
Json protocol_json(const SweepConfig& config, const LatentSource& latents, const SweepMeasures& measures);

}  // namespace mds
