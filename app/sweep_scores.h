// The scores of a sweep's pictures by the names of the metric table: fd_emoji_clip and clip_emoji, which every sweep
// has, and those that its configuration adds. Pictures are compared with the held-out ones of the data set; subsets are
// as large as the sets allow.
#pragma once

#include <map>
#include <memory>

#include "app/sweep_side.h"

namespace mds {

class SweepScores {
 public:
  // ConfigError for names that cannot be scored in a sweep; else as open_side.
  SweepScores(const SweepConfig& config, const LatentSet& latents);

  // The feature networks beside the scoring encoder, with the hashes of their weights.
  Json extractors() const;

  // All that the scores of an evaluation are taken from, kept in its file.
  TensorMap observed(const Drawn& drawn) const;
  std::vector<Score> added(const TensorMap& observed) const;  // by the configuration
  // What a policy reads of one score: the values of a mean, or a distance with its replicates over the rows.
  Measured measured(const std::string& name, const TensorMap& observed, const BootstrapIndices& rows) const;

 private:
  const SweepSide* side_of(const Metric& metric) const;
  MeasureInput input_of(const Metric& metric, const TensorMap& observed) const;

  std::vector<const Metric*> added_;
  ReferenceStats held_out_;                                  // of the scoring encoder
  std::map<std::string, std::unique_ptr<SweepSide>> sides_;  // of other networks
  uint64_t seed_;
};

// The whole measuring side of a sweep.
struct SweepMeasures {
  SweepMeasures(const SweepConfig& config, const LatentSet& latents)
      : evaluator(latents, config.stage.data.encoders, config.evaluation), scores(config, latents) {}

  Evaluator evaluator;
  SweepScores scores;
};

// The conditions all candidates share; its hash marks their scores. Weights count by their content, not by their file.
Json protocol_json(const SweepConfig& config, const LatentSet& latents, const SweepMeasures& measures);

}  // namespace mds
