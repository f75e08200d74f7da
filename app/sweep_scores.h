// Scores of a sweep's pictures beside the evaluator's own, by the names of the metric table. The pictures are compared
// with the held-out ones of the data set; subsets are as large as the sets allow.
#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "app/sweep_config.h"

namespace mds {

class SweepScores {
 public:
  virtual ~SweepScores() = default;

  // The feature networks, with the hashes of their weights.
  virtual Json extractors() const = 0;

  // All that the scores of an evaluation are taken from, kept in its file: "features.NETWORK.RESIZER", "each.NAME".
  virtual TensorMap observed(const Drawn& drawn) const = 0;
  virtual std::vector<Score> scores(const TensorMap& observed) const = 0;
  // What a policy reads of one score, with a distance's replicates over the rows.
  virtual Measured measured(const std::string& name, const TensorMap& observed, const BootstrapIndices& rows) const = 0;
};

// A score that is the mean of one value a picture, (N).
inline Measured mean_of_each(const Tensor& values_N) {
  const Tensor values = values_N.to(at::kDouble).contiguous();
  const double* value = values.const_data_ptr<double>();
  return {.values = {value, value + values.numel()}};
}

// Of the configuration's evaluation.scores. ConfigError for names that cannot be scored in a sweep; UsageError or
// FileError for weights or pictures that are missing. `latents` must outlive the scores.
std::unique_ptr<SweepScores> open_sweep_scores(const SweepConfig& config, const LatentSet& latents);

// The whole measuring side of a sweep.
struct SweepMeasures {
  SweepMeasures(const SweepConfig& config, const LatentSet& latents)
      : evaluator(latents, config.stage.encoders, config.evaluation), further(open_sweep_scores(config, latents)) {}
  Json extractors() const { return further ? further->extractors() : Json::array(); }

  Evaluator evaluator;
  std::unique_ptr<SweepScores> further;
};

// The conditions all candidates share; its hash marks their scores. Weights count by their content, not by their file.
Json protocol_json(const SweepConfig& config, const LatentSet& latents, const SweepMeasures& measures);

}  // namespace mds
