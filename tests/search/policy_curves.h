// Synthetic learning curves for tests of policies: the levels are exact, and the pictures have noise.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "search/policy.h"

namespace mds::test {

inline constexpr int64_t pictures = 64;

struct Levels {
  double log_fd = 5;
  double clip = 0.2;
};

inline double noise(Random& random) { return double(random.below(2001) - 1000) / 1000; }

// A synthetic evaluation: each picture has a difficulty that all candidates share, plus a little noise of its own.
inline Evaluation evaluation_at(int64_t images, Levels levels, uint64_t seed, const PolicyConfig& config) {
  Random common(99), own(seed + images);
  Measured fd{.distance = std::exp(levels.log_fd)}, clip;
  std::vector<double> difficulty;
  for (int64_t p = 0; p < pictures; ++p) {
    difficulty.push_back(0.1 * noise(common) + 0.01 * noise(own));
    clip.values.push_back(levels.clip + difficulty.back());
  }
  for (const auto& row : policy_indices(config, pictures)) {
    double shift = 0.2;  // replicates of a Frechet distance are above it
    for (const auto p : row) shift -= difficulty[p] / pictures;
    fd.replicates.push_back(std::exp(levels.log_fd + shift));
  }
  return {.images_seen = images, .scores = {{"fd_emoji_clip", fd}, {"clip_emoji", clip}}};
}

inline Curve curve(const std::string& name, const std::vector<Levels>& levels, const PolicyConfig& config = {}) {
  Curve result{name, {}};
  for (size_t i = 0; i < levels.size(); ++i)
    result.evaluations.push_back(
        evaluation_at(1000 * int64_t(i), levels[i], std::hash<std::string>{}(name) % 1000, config));
  return result;
}

inline std::map<std::string, Verdict> verdicts(const PolicyConfig& config, const std::vector<Curve>& curves,
                                               int64_t images) {
  std::map<std::string, Verdict> result;
  for (const auto& decision : judge(config, curves, images)) result[decision.candidate] = decision.verdict;
  return result;
}

inline const Levels start{6, 0.1};

inline std::vector<Curve> mixed_cohort() {
  return {curve("best", {start, {4.0, 0.30}}), curve("good", {start, {4.5, 0.26}}),
          curve("middle", {start, {5.0, 0.22}}), curve("worst", {start, {5.9, 0.11}}),
          curve("mixed", {start, {5.8, 0.31}})};
}

}  // namespace mds::test
