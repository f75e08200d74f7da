// What the stop-and-promote rules share: the candidates to compare, each as far as the decision looks.
#pragma once

#include <cmath>
#include <numeric>
#include <span>

#include "search/policy.h"

namespace mds {

struct Member {
  std::string candidate;
  std::span<const Evaluation> history;  // its last evaluation is at the images seen in question
  const Evaluation& now() const { return history.back(); }
};
using Cohort = std::vector<Member>;

// A score that decides. `key` names it in a decision's inputs, where its numbers are logarithms of a log_distance; the
// default scores keep the keys that stored decisions have.
struct Judged {
  std::string name, key;
  ScoreKind kind;

  bool is_mean() const { return kind.measure == Measure::mean; }
  double sign() const { return kind.better == Better::lower ? 1 : -1; }  // turns it so that higher is worse
  double scaled(double distance) const { return kind.measure == Measure::log_distance ? std::log(distance) : distance; }
  double level(const Evaluation& evaluation) const;
};
std::vector<Judged> judged_scores(const PolicyConfig& config);

inline double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The numbers that open every decision's inputs.
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
