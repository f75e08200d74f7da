#include "search/policy.h"

#include <cmath>
#include <numeric>
#include <span>

namespace mds {
namespace {

// A curve as far as the decision looks: its last evaluation is at the images seen in question.
struct Member {
  std::string candidate;
  std::span<const Evaluation> history;
  const Evaluation& now() const { return history.back(); }
};
using Cohort = std::vector<Member>;

// A score of one candidate turned so that higher is worse, and its replicates over the shared picture indices.
struct Badness {
  double value = 0;
  std::vector<double> replicates;
};

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

[[noreturn]] void fail(const std::string& candidate, int64_t images_seen, const std::string& message) {
  throw ConfigError("candidate " + candidate + " at " + std::to_string(images_seen) + " images: " + message);
}

void check_evaluation(const PolicyConfig& config, const std::string& candidate, const Evaluation& evaluation) {
  if (!std::isfinite(evaluation.log_fd)) fail(candidate, evaluation.images_seen, "log_fd is not finite");
  if (config.use_clip && evaluation.clip.empty()) fail(candidate, evaluation.images_seen, "has no clip values; allowed: at least 1");
  for (const double value : evaluation.clip)
    if (!std::isfinite(value)) fail(candidate, evaluation.images_seen, "a clip value is not finite");
}

Cohort cohort_at(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen) {
  Cohort cohort;
  for (const auto& curve : curves) {
    const auto& all = curve.evaluations;
    const auto later = [](int64_t images, const Evaluation& evaluation) { return images < evaluation.images_seen; };
    const auto end = std::upper_bound(all.begin(), all.end(), images_seen, later);
    if (end == all.begin() || std::prev(end)->images_seen != images_seen) continue;
    cohort.push_back({curve.candidate, {all.begin(), end}});
    for (const auto& evaluation : cohort.back().history) check_evaluation(config, curve.candidate, evaluation);
  }
  return cohort;
}

Json numbers_of(const Cohort& cohort, int64_t images_seen) {
  return {{"images_seen", images_seen}, {"cohort", cohort.size()}};
}

// --- the paper's rule --------------------------------------------------------------------------------------------------

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
          fail(member.candidate, window[i].images_seen,
               std::string(what) + " is " + std::to_string(is) + "; the cohort has " + std::to_string(want));
      };
      expect("images_seen of the evaluation", window[i].images_seen, first[i].images_seen);
      expect("number of log_fd_replicates", int64_t(window[i].log_fd_replicates.size()), config.replicates);
      if (config.use_clip) expect("number of clip values", int64_t(window[i].clip.size()), int64_t(first[0].clip.size()));
    }
  }
}

Badness fd_badness(std::span<const Evaluation> window, const std::vector<double>& weights) {
  Badness badness{.replicates = std::vector<double>(window[0].log_fd_replicates.size())};
  for (size_t i = 0; i < window.size(); ++i) {
    badness.value += weights[i] * window[i].log_fd;
    for (size_t r = 0; r < badness.replicates.size(); ++r)
      badness.replicates[r] += weights[i] * window[i].log_fd_replicates[r];
  }
  return badness;
}

Badness clip_badness(std::span<const Evaluation> window, const std::vector<double>& weights, const BootstrapIndices& indices) {
  std::vector<double> pictures(window[0].clip.size());
  for (size_t i = 0; i < window.size(); ++i)
    for (size_t p = 0; p < pictures.size(); ++p) pictures[p] -= weights[i] * window[i].clip[p];
  Badness badness{.value = mean_of(pictures), .replicates = {}};
  for (const auto& row : indices) {
    double sum = 0;
    for (const auto p : row) sum += pictures[p];
    badness.replicates.push_back(sum / static_cast<double>(row.size()));
  }
  return badness;
}

// One candidate's slope against the cohort's, and its level against the cohort's.
struct Comparison {
  double slope, median_slope;
  Interval difference;  // of slope - median_slope, paired by replicate
  double level, median_level;
  bool worse() const { return difference.low > 0; }
  bool leads() const { return level <= median_level; }
};

Json to_json_of(const Comparison& c) {
  return {{"slope", c.slope},          {"median_slope", c.median_slope},  {"difference", c.slope - c.median_slope},
          {"low", c.difference.low},   {"high", c.difference.high},       {"level", c.level},
          {"median_level", c.median_level}};
}

double median_at(const std::vector<Badness>& all, size_t replicate) {
  std::vector<double> values;
  for (const auto& badness : all) values.push_back(badness.replicates[replicate]);
  return median_of(std::move(values));
}

std::vector<Comparison> compare(const std::vector<Badness>& slopes, const std::vector<double>& levels, double confidence) {
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
  std::vector<Badness> slopes;
  std::vector<double> levels;
  for (const auto& member : cohort) {
    const auto window = member.history.last(size);
    slopes.push_back(fd_badness(window, slope_weights(window)));
    levels.push_back(member.now().log_fd);
  }
  return compare(slopes, levels, config.confidence);
}

std::vector<Comparison> compare_clip(const PolicyConfig& config, const Cohort& cohort, size_t size) {
  const auto indices = policy_indices(config, int64_t(cohort.front().now().clip.size()));
  std::vector<Badness> slopes;
  std::vector<double> levels;
  for (const auto& member : cohort) {
    const auto window = member.history.last(size);
    slopes.push_back(clip_badness(window, slope_weights(window), indices));
    levels.push_back(-mean_of(member.now().clip));
  }
  return compare(slopes, levels, config.confidence);
}

Verdict paper_verdict(const PolicyConfig& config, const std::vector<Comparison>& scores, std::string& reason) {
  const auto all = [&](auto&& holds) { return std::all_of(scores.begin(), scores.end(), holds); };
  if (!all([](const Comparison& score) { return score.worse(); })) {
    reason = "not worse than the median beyond the interval in every score";
    return Verdict::go_on;
  }
  if (config.spare_leaders && all([](const Comparison& score) { return score.leads(); })) {
    reason = "improves more slowly, but is no worse than the median in every score";
    return Verdict::go_on;
  }
  reason = "worse than the median beyond the interval in every score";
  return Verdict::stop;
}

std::vector<Decision> judge_paper(const PolicyConfig& config, const Cohort& cohort, int64_t images_seen) {
  std::vector<Decision> decisions;
  if (int64_t(cohort.size()) < config.min_cohort) {
    auto inputs = numbers_of(cohort, images_seen);
    inputs["reason"] = "the cohort is smaller than " + std::to_string(config.min_cohort);
    for (const auto& member : cohort) decisions.push_back({member.candidate, Verdict::go_on, "paper/1", inputs});
    return decisions;
  }
  const auto size = window_size(config, cohort);
  require_alike(config, cohort, size);
  const auto fd = compare_fd(config, cohort, size);
  const auto clip = config.use_clip ? compare_clip(config, cohort, size) : std::vector<Comparison>{};
  for (size_t c = 0; c < cohort.size(); ++c) {
    auto inputs = numbers_of(cohort, images_seen);
    inputs["evaluations"] = size;
    inputs["log_fd"] = to_json_of(fd[c]);
    std::vector<Comparison> scores{fd[c]};
    if (config.use_clip) {
      inputs["minus_clip"] = to_json_of(clip[c]);
      scores.push_back(clip[c]);
    }
    std::string reason;
    const auto verdict = paper_verdict(config, scores, reason);
    inputs["reason"] = reason;
    decisions.push_back({cohort[c].candidate, verdict, "paper/1", std::move(inputs)});
  }
  return decisions;
}

// --- halving and the baseline --------------------------------------------------------------------------------------------

// Ranks from 1, the lowest value first; equal values share the mean of their ranks.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const double value : values) {
    const auto below = std::count_if(values.begin(), values.end(), [&](double other) { return other < value; });
    const auto equal = std::count(values.begin(), values.end(), value);
    ranks.push_back(static_cast<double>(below) + (static_cast<double>(equal) + 1) / 2);
  }
  return ranks;
}

std::vector<double> mean_ranks(const PolicyConfig& config, const Cohort& cohort) {
  std::vector<double> fd, clip;
  for (const auto& member : cohort) {
    fd.push_back(member.now().log_fd);
    if (config.use_clip) clip.push_back(-mean_of(member.now().clip));
  }
  auto ranks = ranks_of(fd);
  if (!config.use_clip) return ranks;
  const auto clip_ranks = ranks_of(clip);
  for (size_t c = 0; c < ranks.size(); ++c) ranks[c] = (ranks[c] + clip_ranks[c]) / 2;
  return ranks;
}

// Candidates tied with the last one promoted are promoted too: nothing but the scores decides.
std::vector<Decision> judge_halving(const PolicyConfig& config, const Cohort& cohort, int64_t images_seen) {
  const auto ranks = mean_ranks(config, cohort);
  auto sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  const auto keep = std::max<size_t>(1, static_cast<size_t>(static_cast<double>(cohort.size()) / config.eta));
  std::vector<Decision> decisions;
  for (size_t c = 0; c < cohort.size(); ++c) {
    const auto verdict = ranks[c] <= sorted[keep - 1] ? Verdict::promote : Verdict::stop;
    auto inputs = numbers_of(cohort, images_seen);
    inputs.update({{"mean_rank", ranks[c]}, {"last_promoted_rank", sorted[keep - 1]}, {"log_fd", cohort[c].now().log_fd}});
    if (config.use_clip) inputs["clip"] = mean_of(cohort[c].now().clip);
    inputs["reason"] = verdict == Verdict::promote ? "among the best 1/eta" : "not among the best 1/eta";
    decisions.push_back({cohort[c].candidate, verdict, "halving/1", std::move(inputs)});
  }
  return decisions;
}

std::vector<Decision> judge_none(const PolicyConfig&, const Cohort& cohort, int64_t images_seen) {
  auto inputs = numbers_of(cohort, images_seen);
  inputs["reason"] = "every candidate trains for the full budget";
  std::vector<Decision> decisions;
  for (const auto& member : cohort) decisions.push_back({member.candidate, Verdict::go_on, "none/1", inputs});
  return decisions;
}

constexpr std::array rules{judge_paper, judge_halving, judge_none};  // in the order of PolicyRule
static_assert(rules.size() == EnumNames<PolicyRule>::names.size());

}  // namespace

BootstrapIndices policy_indices(const PolicyConfig& config, int64_t pictures) {
  return bootstrap_indices(pictures, config.replicates, config.seed);
}

std::vector<Decision> judge(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen) {
  const auto cohort = cohort_at(config, curves, images_seen);
  if (cohort.empty()) return {};
  return rules[static_cast<size_t>(config.rule)](config, cohort, images_seen);
}

}  // namespace mds
