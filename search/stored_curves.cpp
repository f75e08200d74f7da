#include "search/stored_curves.h"

#include <map>

#include "search/store/stored_json.h"

namespace mds {
namespace {

using Samples = std::map<std::pair<int64_t, SampleKind>, std::vector<double>>;  // of one score, by iteration

Samples samples_of(const std::vector<EvaluationSampleRow>& rows, const std::string& score) {
  Samples samples;
  for (const auto& row : rows)
    if (row.name == score) samples[{row.iteration, row.kind}] = {row.samples.begin(), row.samples.end()};
  return samples;
}

[[noreturn]] void fail_without_samples(const Database& database, const RunRow& run, const MetricRow& metric) {
  throw StoreError(database.file() + ": run " + std::to_string(run.run) + " of the sweep " + run.sweep +
                   " has no samples of " + metric.name + " at iteration " + std::to_string(metric.iteration) +
                   ", as an older program scored it, and cannot be judged by them. After `mdsearch db delete run " +
                   std::to_string(run.run) + " --db " + database.file() + "` the same command trains it again");
}

Measured measured_of(const MetricRow& metric, Measure measure, const Samples& samples) {
  const auto kind = measure == Measure::mean ? SampleKind::picture : SampleKind::replicate;
  const auto main = samples.find({metric.iteration, kind}),
             halves = samples.find({metric.iteration, SampleKind::halves});
  if (measure == Measure::mean) return {.values = main == samples.end() ? std::vector{metric.value} : main->second};
  Measured distance{.distance = metric.value, .pictures = metric.n};
  if (main != samples.end()) distance.replicates = main->second;
  if (halves != samples.end()) distance.halves = halves->second.front();
  return distance;
}

}  // namespace

Curve stored_curve(const Database& database, const RunRow& run, const PolicyConfig& policy, Detail detail,
                   int64_t last_iteration) {
  std::vector<EvaluationSampleRow> rows;
  if (detail == Detail::samples) rows = evaluation_samples_of(database, run.run);
  std::map<int64_t, Evaluation> by_images;
  for (const auto& name : policy_scores(policy)) {
    const auto measure = score_kind(name)->measure;
    const Samples samples = samples_of(rows, name);
    for (const auto& metric : curve_of(database, run.run, name)) {
      if (metric.iteration > last_iteration) continue;
      Measured measured = measured_of(metric, measure, samples);
      if (detail == Detail::samples && measured.replicates.empty() &&
          !samples.contains({metric.iteration, SampleKind::picture}))
        fail_without_samples(database, run, metric);
      Evaluation& evaluation = by_images[metric.images_seen];
      evaluation.images_seen = metric.images_seen;
      evaluation.scores.emplace(name, std::move(measured));
    }
  }
  Curve curve{.candidate = run.arch, .evaluations = {}};
  for (auto& [images, evaluation] : by_images) curve.evaluations.push_back(std::move(evaluation));
  return curve;
}

PolicyConfig stored_policy(const Database& database, const std::string& sweep) {
  const auto config = sweep_config(database, sweep);
  if (!config || sweep == trainings) throw StoreError(database.file() + ": holds no sweep \"" + sweep + "\"");
  const StoredPlace place{"sweep", sweep, "config_json"};
  const Json policy =
      stored_value(stored_object(database, place, *config), "policy", Json::object(), place_of(database, place));
  return from_json<PolicyConfig>(with_version(policy), database.file() + ": sweep " + sweep);
}

}  // namespace mds
