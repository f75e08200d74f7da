// The rule `paper` as it first was, which decided in older sweeps: a candidate stops when every score in use improves
// more slowly than the cohort's median, itself included, each beyond a paired bootstrap interval. With one evaluation
// the level takes the place of the slope. Scores are oriented so that higher is worse.
#include <algorithm>

#include "search/policy_table.h"

namespace mds {
namespace paper_1 {
namespace {

// The slope of a candidate in one score: over all pictures, and in each replicate.
struct Slope {
  double value = 0;
  std::vector<double> replicates;
};

size_t window_size(const PolicyConfig& config, const Cohort& cohort) {
  auto size = size_t(config.slope_evaluations);
  for (const auto& member : cohort.members) size = std::min(size, member.history.size());
  return size;
}

Slope distance_slope(const Judged& score, std::span<const Evaluation> window) {
  const auto weights = slope_weights(window);
  Slope slope{.replicates = std::vector<double>(window[0].scores.at(score.name).replicates.size())};
  for (size_t i = 0; i < window.size(); ++i) {
    const Measured& measured = window[i].scores.at(score.name);
    const double weight = score.sign() * weights[i];
    slope.value += weight * score.scaled(measured.distance);
    for (size_t r = 0; r < slope.replicates.size(); ++r)
      slope.replicates[r] += weight * score.scaled(measured.replicates[r]);
  }
  return slope;
}

Slope mean_slope(const Judged& score, std::span<const Evaluation> window, const BootstrapIndices& indices) {
  const auto weights = slope_weights(window);
  std::vector<double> pictures(window[0].scores.at(score.name).values.size());
  for (size_t i = 0; i < window.size(); ++i) {
    const auto& values = window[i].scores.at(score.name).values;
    for (size_t p = 0; p < pictures.size(); ++p) pictures[p] += score.sign() * weights[i] * values[p];
  }
  Slope slope{.value = mean_of(pictures), .replicates = {}};
  for (const auto& row : indices) {
    double sum = 0;
    for (const auto p : row) sum += pictures[p];
    slope.replicates.push_back(sum / double(row.size()));
  }
  return slope;
}

// A candidate's slope and level compared with those of the cohort.
struct Comparison {
  double slope, median_slope;
  Interval difference;  // of slope - median_slope, paired by replicate
  double level, median_level;
};

Json json_of(const Comparison& c) {
  return {{"slope", c.slope},
          {"median_slope", c.median_slope},
          {"difference", c.slope - c.median_slope},
          {"low", c.difference.low},
          {"high", c.difference.high},
          {"level", c.level},
          {"median_level", c.median_level}};
}

double median_at(const std::vector<Slope>& all, size_t replicate) {
  std::vector<double> values;
  for (const auto& slope : all) values.push_back(slope.replicates[replicate]);
  return median_of(std::move(values));
}

std::vector<Comparison> compare(const std::vector<Slope>& slopes, const std::vector<double>& levels,
                                double confidence) {
  std::vector<double> values, medians;
  for (const auto& slope : slopes) values.push_back(slope.value);
  for (size_t r = 0; r < slopes[0].replicates.size(); ++r) medians.push_back(median_at(slopes, r));
  const double median_slope = median_of(values), median_level = median_of(levels);

  std::vector<Comparison> comparisons;
  for (size_t c = 0; c < slopes.size(); ++c) {
    auto differences = slopes[c].replicates;
    for (size_t r = 0; r < differences.size(); ++r) differences[r] -= medians[r];
    const auto interval = centred_interval(values[c] - median_slope, differences, confidence);
    comparisons.push_back({values[c], median_slope, interval, levels[c], median_level});
  }
  return comparisons;
}

std::vector<Comparison> compare(const PolicyConfig& config, const Cohort& cohort, const Judged& score, size_t size) {
  const auto pictures = cohort.members.front().now().scores.at(score.name).values.size();
  const auto indices = score.is_mean() ? policy_indices(config, int64_t(pictures)) : BootstrapIndices{};
  std::vector<Slope> slopes;
  std::vector<double> levels;
  for (const auto& member : cohort.members) {
    const auto window = member.history.last(size);
    slopes.push_back(score.is_mean() ? mean_slope(score, window, indices) : distance_slope(score, window));
    levels.push_back(score.sign() * score.level(member.now()));
  }
  return compare(slopes, levels, config.confidence);
}

// Decides from the stored numbers of a decision alone; its scores are the entries that are objects.
Outcome outcome_of(const PolicyConfig& config, const Json& inputs) {
  if (!inputs.contains("evaluations"))
    return {Verdict::go_on, "the cohort is smaller than " + std::to_string(config.min_cohort)};
  bool worse = true, leads = true;
  for (const auto& number : inputs) {
    if (!number.is_object()) continue;
    worse = worse && number.at("low").get<double>() > 0;
    leads = leads && number.at("level").get<double>() <= number.at("median_level").get<double>();
  }
  if (!worse) return {Verdict::go_on, "not worse than the median beyond the interval in every score"};
  if (config.spare_leaders && leads)
    return {Verdict::go_on, "improves more slowly, but is as good as the median or better in every score"};
  return {Verdict::stop, "worse than the median beyond the interval in every score"};
}

std::vector<Json> paper_inputs(const PolicyConfig& config, const Cohort& cohort) {
  std::vector<Json> all(cohort.members.size(), Json::object());
  if (int64_t(all.size()) < config.min_cohort) return all;
  const auto size = window_size(config, cohort);
  require_alike(config, cohort, size);
  for (auto& inputs : all) inputs["evaluations"] = size;
  for (const auto& score : judged_scores(config)) {
    const auto comparisons = compare(config, cohort, score, size);
    for (size_t c = 0; c < all.size(); ++c) all[c][score.worse_key()] = json_of(comparisons[c]);
  }
  return all;
}

}  // namespace
}  // namespace paper_1

constinit const Policy paper_policy_1{"paper", 1, paper_1::paper_inputs, paper_1::outcome_of, Detail::samples};

}  // namespace mds
