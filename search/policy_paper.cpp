// The paper's rule as a test: a candidate stops when every score in use improves more slowly than the cohort's median,
// each beyond a paired bootstrap interval. Scores are turned so that higher is worse: log FD, and minus CLIP.
#include <algorithm>

#include "search/policy_cohort.h"

namespace mds {
namespace {

constexpr auto rule = "paper/1";

// A candidate's slope in one score, over all pictures and in each replicate.
struct Slope {
  double value = 0;
  std::vector<double> replicates;
};

// Weights that make a window's values into their least-squares slope per 1,000 images; one value stands for itself.
std::vector<double> slope_weights(std::span<const Evaluation> window) {
  if (window.size() == 1) return {1};
  std::vector<double> weights;
  for (const auto& evaluation : window) weights.push_back(1e-3 * static_cast<double>(evaluation.images_seen));
  const double mean = mean_of(weights);
  double squares = 0;
  for (auto& x : weights) squares += (x - mean) * (x - mean);
  for (auto& x : weights) x = (x - mean) / squares;
  return weights;
}

size_t window_size(const PolicyConfig& config, const Cohort& cohort) {
  auto size = static_cast<size_t>(config.slope_evaluations);
  for (const auto& member : cohort) size = std::min(size, member.history.size());
  return size;
}

void require_alike(const PolicyConfig& config, const Cohort& cohort, size_t size) {
  const auto first = cohort.front().history.last(size);
  for (const auto& member : cohort) {
    const auto window = member.history.last(size);
    for (size_t i = 0; i < size; ++i) {
      const auto expect = [&](const char* what, int64_t is, int64_t want) {
        if (is != want)
          fail_evaluation(member.candidate, window[i].images_seen,
                          std::string(what) + " is " + std::to_string(is) + "; the cohort has " + std::to_string(want));
      };
      expect("images_seen of the evaluation", window[i].images_seen, first[i].images_seen);
      expect("number of log_fd_replicates", int64_t(window[i].log_fd_replicates.size()), config.replicates);
      if (config.use_clip)
        expect("number of clip values", int64_t(window[i].clip.size()), int64_t(first[0].clip.size()));
    }
  }
}

Slope fd_slope(std::span<const Evaluation> window, const std::vector<double>& weights) {
  Slope slope{.replicates = std::vector<double>(window[0].log_fd_replicates.size())};
  for (size_t i = 0; i < window.size(); ++i) {
    slope.value += weights[i] * window[i].log_fd;
    for (size_t r = 0; r < slope.replicates.size(); ++r)
      slope.replicates[r] += weights[i] * window[i].log_fd_replicates[r];
  }
  return slope;
}

Slope clip_slope(std::span<const Evaluation> window, const std::vector<double>& weights,
                 const BootstrapIndices& indices) {
  std::vector<double> pictures(window[0].clip.size());
  for (size_t i = 0; i < window.size(); ++i)
    for (size_t p = 0; p < pictures.size(); ++p) pictures[p] -= weights[i] * window[i].clip[p];
  Slope slope{.value = mean_of(pictures), .replicates = {}};
  for (const auto& row : indices) {
    double sum = 0;
    for (const auto p : row) sum += pictures[p];
    slope.replicates.push_back(sum / static_cast<double>(row.size()));
  }
  return slope;
}

// One candidate's slope against the cohort's, and its level against the cohort's.
struct Comparison {
  double slope, median_slope;
  Interval difference;  // of slope - median_slope, paired by replicate
  double level, median_level;
  bool worse() const { return difference.low > 0; }
  bool leads() const { return level <= median_level; }
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

std::vector<Comparison> compare_fd(const PolicyConfig& config, const Cohort& cohort, size_t size) {
  std::vector<Slope> slopes;
  std::vector<double> levels;
  for (const auto& member : cohort) {
    const auto window = member.history.last(size);
    slopes.push_back(fd_slope(window, slope_weights(window)));
    levels.push_back(member.now().log_fd);
  }
  return compare(slopes, levels, config.confidence);
}

std::vector<Comparison> compare_clip(const PolicyConfig& config, const Cohort& cohort, size_t size) {
  const auto indices = policy_indices(config, static_cast<int64_t>(cohort.front().now().clip.size()));
  std::vector<Slope> slopes;
  std::vector<double> levels;
  for (const auto& member : cohort) {
    const auto window = member.history.last(size);
    slopes.push_back(clip_slope(window, slope_weights(window), indices));
    levels.push_back(-mean_of(member.now().clip));
  }
  return compare(slopes, levels, config.confidence);
}

struct Outcome {
  Verdict verdict;
  std::string reason;
};
Outcome verdict_of(const PolicyConfig& config, const std::vector<Comparison>& scores) {
  const auto all = [&](bool (Comparison::*holds)() const) { return std::ranges::all_of(scores, holds); };
  if (!all(&Comparison::worse)) return {Verdict::go_on, "not worse than the median beyond the interval in every score"};
  if (config.spare_leaders && all(&Comparison::leads))
    return {Verdict::go_on, "improves more slowly, but is as good as the median or better in every score"};
  return {Verdict::stop, "worse than the median beyond the interval in every score"};
}

std::vector<Decision> all_go_on(const Cohort& cohort, const Json& inputs) {
  std::vector<Decision> decisions;
  for (const auto& member : cohort) decisions.push_back({member.candidate, Verdict::go_on, rule, inputs});
  return decisions;
}

}  // namespace

std::vector<Decision> judge_paper(const PolicyConfig& config, const Cohort& cohort, int64_t images_seen) {
  auto inputs = numbers_of(cohort, images_seen);
  if (static_cast<int64_t>(cohort.size()) < config.min_cohort) {
    inputs["reason"] = "the cohort is smaller than " + std::to_string(config.min_cohort);
    return all_go_on(cohort, inputs);
  }
  const auto size = window_size(config, cohort);
  require_alike(config, cohort, size);
  const auto fd = compare_fd(config, cohort, size);
  const auto clip = config.use_clip ? compare_clip(config, cohort, size) : std::vector<Comparison>{};
  inputs["evaluations"] = size;
  std::vector<Decision> decisions;
  for (size_t c = 0; c < cohort.size(); ++c) {
    inputs["log_fd"] = json_of(fd[c]);
    std::vector<Comparison> scores{fd[c]};
    if (config.use_clip) {
      inputs["minus_clip"] = json_of(clip[c]);
      scores.push_back(clip[c]);
    }
    const auto [verdict, reason] = verdict_of(config, scores);
    inputs["reason"] = reason;
    decisions.push_back({cohort[c].candidate, verdict, rule, inputs});
  }
  return decisions;
}

}  // namespace mds
