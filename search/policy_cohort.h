// What the stop-and-promote rules share: the candidates to compare, each as far as the decision looks.
#pragma once

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

inline double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The numbers that open every decision's inputs.
inline Json numbers_of(const Cohort& cohort, int64_t images_seen) {
  return {{"images_seen", images_seen}, {"cohort", cohort.size()}};
}

[[noreturn]] void fail_evaluation(const std::string& candidate, int64_t images_seen, const std::string& message);

std::vector<Decision> judge_paper(const PolicyConfig& config, const Cohort& cohort, int64_t images_seen);

}  // namespace mds
