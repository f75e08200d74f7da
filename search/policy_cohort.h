// What the stop-and-promote rules share: the candidates to compare, with the evaluations that the decision may use.
#pragma once

#include <cmath>
#include <numeric>
#include <span>

#include "search/policy.h"

namespace mds {

struct Member {
  std::string candidate;
  std::span<const Evaluation> history;  // its last evaluation is at the images seen of the decision
  const Evaluation& now() const { return history.back(); }
};
using Cohort = std::vector<Member>;

// A score that decides. `key` is its name in a decision's inputs, which hold logarithms for a log_distance. The default
// scores keep the keys that stored decisions already use.
struct Judged {
  std::string name, key;
  ScoreKind kind;

  bool is_mean() const { return kind.measure == Measure::mean; }
  double sign() const { return kind.better == Better::lower ? 1 : -1; }  // makes higher values worse
  double scaled(double distance) const { return kind.measure == Measure::log_distance ? std::log(distance) : distance; }
  double level(const Evaluation& evaluation) const;
};
std::vector<Judged> judged_scores(const PolicyConfig& config);

inline double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

// The numbers that every decision's inputs begin with.
inline Json numbers_of(const Cohort& cohort, int64_t images_seen) {
  return {{"images_seen", images_seen}, {"cohort", cohort.size()}};
}

inline double Judged::level(const Evaluation& evaluation) const {
  const Measured& measured = evaluation.scores.at(name);
  return is_mean() ? mean_of(measured.values) : scaled(measured.distance);
}

[[noreturn]] void fail_evaluation(const std::string& candidate, int64_t images_seen, const std::string& message);

std::vector<Decision> judge_paper(const PolicyConfig& config, const Cohort& cohort, int64_t images_seen);
Verdict paper_verdict(const PolicyConfig& config, const Json& inputs);

}  // namespace mds
