#include "search/surrogate.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace mds {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b, size_t count) {
  return std::inner_product(a.begin(), a.begin() + int64_t(count), b.begin(), 0.0);
}

// Solves L x = b for the lower triangle L.
std::vector<double> forward_solved(const std::vector<std::vector<double>>& lower, std::vector<double> b) {
  for (size_t i = 0; i < b.size(); ++i) b[i] = (b[i] - dot(lower[i], b, i)) / lower[i][i];
  return b;
}

// Solves L^T x = b.
std::vector<double> backward_solved(const std::vector<std::vector<double>>& lower, std::vector<double> b) {
  for (size_t i = b.size(); i-- > 0;) {
    b[i] /= lower[i][i];
    for (size_t j = 0; j < i; ++j) b[j] -= lower[i][j] * b[i];
  }
  return b;
}

}  // namespace

double Surrogate::Kernel::operator()(const Features& a, const Features& b) const {
  double squares = 0, differing = 0;
  for (size_t i = 0; i < a.numbers.size(); ++i)
    squares += (a.numbers[i] - b.numbers[i]) * (a.numbers[i] - b.numbers[i]);
  for (size_t i = 0; i < a.choices.size(); ++i) differing += a.choices[i] != b.choices[i];
  return std::exp(-squares / (2 * numbers_length * numbers_length) - differing / (2 * choices_length * choices_length));
}

Surrogate::Surrogate(std::vector<Features> features, const std::vector<double>& values)
    : features_(std::move(features)) {
  const auto n = double(values.size());
  mean_ = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean_) * (value - mean_);
  if (squares > 0) scale_ = std::sqrt(squares / n);
  std::vector<double> standard;
  for (const double value : values) standard.push_back((value - mean_) / scale_);
  Kernel best;
  double highest = -std::numeric_limits<double>::infinity();
  for (const double numbers : {0.5, 1.0, 2.0, 4.0})
    for (const double choices : {1.0, 2.0, 4.0, 8.0})
      for (const double noise : {0.01, 0.1, 0.4}) {
        const Kernel kernel{numbers, choices, noise};
        if (const double likelihood = fit(kernel, standard); likelihood > highest) highest = likelihood, best = kernel;
      }
  fit(best, standard);
}

double Surrogate::fit(const Kernel& kernel, const std::vector<double>& values) {
  const size_t n = features_.size();
  kernel_ = kernel;
  cholesky_.assign(n, {});
  double log_determinant = 0;
  for (size_t i = 0; i < n; ++i) {
    auto& row = cholesky_[i];
    for (size_t j = 0; j < i; ++j)
      row.push_back((kernel(features_[i], features_[j]) - dot(row, cholesky_[j], j)) / cholesky_[j][j]);
    const double diagonal = 1 + kernel.noise - dot(row, row, i);
    if (diagonal <= 0) return -std::numeric_limits<double>::infinity();
    row.push_back(std::sqrt(diagonal));
    log_determinant += std::log(row[i]);
  }
  weights_ = backward_solved(cholesky_, forward_solved(cholesky_, values));
  return -0.5 * dot(values, weights_, n) - log_determinant;
}

Estimate Surrogate::at(const Features& features) const {
  std::vector<double> similarity;
  for (const auto& known : features_) similarity.push_back(kernel_(features, known));
  const auto solved = forward_solved(cholesky_, similarity);
  const double variance = 1 - dot(solved, solved, solved.size());
  return {.mean = mean_ + scale_ * dot(similarity, weights_, weights_.size()),
          .sd = scale_ * std::sqrt(std::fmax(0, variance))};
}

double expected_improvement(const Estimate& estimate, double best) {
  const double gain = best - estimate.mean;
  if (estimate.sd <= 0) return std::fmax(0, gain);
  const double z = gain / estimate.sd;
  const double below = 0.5 * std::erfc(-z / std::numbers::sqrt2);
  const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
  return gain * below + estimate.sd * density;
}

}  // namespace mds
