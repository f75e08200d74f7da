#include "spec/student.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace mds {
namespace {

// P(|T| < t) of Student's distribution with whole degrees of freedom, t = tan(angle) sqrt(freedom) (Abramowitz and
// Stegun, 26.7.3 and 26.7.4).
double student_within(double angle, int64_t freedom) {
  const bool odd = freedom % 2 == 1;
  const double cosine = std::cos(angle);
  double term = odd ? cosine : 1, sum = freedom > 1 ? term : 0;
  for (int64_t i = odd ? 3 : 2; i < freedom; i += 2) {
    term *= cosine * cosine * double(i - 1) / double(i);
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (angle + std::sin(angle) * sum) : std::sin(angle) * sum;
}

double student_975(int64_t freedom) {
  double low = 0, high = std::numbers::pi / 2;
  for (int64_t step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (student_within(middle, freedom) < 0.95 ? low : high) = middle;
  }
  return std::tan(low) * std::sqrt(double(freedom));
}

}  // namespace

Interval student_interval(const std::vector<double>& values) {
  const auto count = int64_t(values.size());
  if (count < 2) throw ConfigError("values: are " + std::to_string(count) + "; allowed: at least 2");
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / double(count);
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double reach = student_975(count - 1) * std::sqrt(squares / double(count - 1) / double(count));
  return {mean - reach, mean + reach};
}

}  // namespace mds
