// What the stop-and-promote rules share: the candidates to compare, with the evaluations that the decision may use.
#pragma once

#include <cmath>
#include <numeric>
#include <span>

#include "search/dominance.h"
#include "search/policy.h"

namespace mds {

struct Member {
  std::string candidate;
  std::span<const Evaluation> history;  // its last evaluation is at the images seen of the decision
  const Evaluation& now() const { return history.back(); }
};

struct Cohort {
  std::vector<Member> members;  // at least one
  int64_t images_seen = 0;
  RungState rung = RungState::complete;
  size_t candidates = 0;  // of the sweep, those included that were not evaluated at these images
};

// A score that decides. `key` is its name in a decision's inputs, which hold logarithms for a log_distance. The default
// scores keep the keys that stored decisions already use.
struct Judged {
  std::string name, key;
  ScoreKind kind;

  bool is_mean() const { return kind.measure == Measure::mean; }
  double sign() const { return kind.better == Better::lower ? 1 : -1; }  // makes higher values worse
  double scaled(double distance) const { return kind.measure == Measure::log_distance ? std::log(distance) : distance; }
  double level(const Evaluation& evaluation) const;
  std::string worse_key() const { return (kind.better == Better::lower ? "" : "minus_") + key; }  // higher is worse
};
std::vector<Judged> judged_scores(const PolicyConfig& config);

inline double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

inline double Judged::level(const Evaluation& evaluation) const {
  const Measured& measured = evaluation.scores.at(name);
  return is_mean() ? mean_of(measured.values) : scaled(measured.distance);
}

// The curves that were evaluated at exactly `images_seen`, up to there. ConfigError for a score that is missing or not
// finite, and for evaluations out of order.
Cohort cohort_at(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen);

// With whom a member is compared, by their places.
std::vector<size_t> rivals_of(const PolicyConfig& config, const Cohort& cohort, size_t member);

// ConfigError where the members' last `size` evaluations differ in images seen, pictures or replicates.
void require_alike(const PolicyConfig& config, const Cohort& cohort, size_t size);

// Weights whose sum over a window's values is their least-squares slope per 1,000 images; a single value is kept as is.
std::vector<double> slope_weights(std::span<const Evaluation> window);

// Each member's present level in every score; higher is worse.
std::vector<Objectives> levels_of(const PolicyConfig& config, const Cohort& cohort);

[[noreturn]] void fail_evaluation(const std::string& candidate, int64_t images_seen, const std::string& message);

}  // namespace mds
