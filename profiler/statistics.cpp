#include "profiler/statistics.h"

#include <cmath>
#include <numeric>

#include "spec/student.h"

namespace mds {
namespace {

constexpr double outlier_score = 14.8;
constexpr double confidence = 0.95;

void require_samples(Samples samples, const char* place) {
  if (samples.empty()) throw ConfigError(std::string(place) + ": 0 samples; allowed: at least 1");
}

std::vector<double> sorted_values(Samples samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

// P(Binomial(n, p) <= k), summed in logarithms so that large n do not underflow.
double binomial_below(int64_t n, double p, int64_t k) {
  double sum = 0;
  for (int64_t i = 0; i <= k; ++i)
    sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) + i * std::log(p) +
                    (n - i) * std::log1p(-p));
  return sum;
}

// Largest k with P(Binomial(n, 1/2) <= k) <= tail, or -1: then [x_(k+1), x_(n-k)] covers the median.
int64_t median_rank(int64_t n) {
  const double tail = (1 - confidence) / 2;
  if (n > 1000)  // the normal approximation is within one rank here and costs nothing
    return int64_t(std::floor((n - 1.959964 * std::sqrt(double(n))) / 2)) - 1;
  int64_t k = -1;
  while (binomial_below(n, 0.5, k + 1) <= tail) ++k;
  return k;
}

struct UpperQuantile {
  std::optional<double> value, high;
};

// The limit is the smallest order statistic x_(r) with P(Binomial(n, p) < r) >= 95%; it exists once p^n <= 5%.
UpperQuantile upper_quantile(const std::vector<double>& sorted, double p) {
  const auto n = int64_t(sorted.size());
  if (std::pow(p, double(n)) > 1 - confidence) return {};
  auto rank = int64_t(std::ceil(p * double(n)));
  double covered = binomial_below(n, p, rank - 1);
  while (covered < confidence && rank < n) covered = binomial_below(n, p, ++rank - 1);
  return {.value = quantile_of_sorted(sorted, p), .high = sorted[rank - 1]};
}

// Iglewicz and Hoaglin's modified z-score; where more than half the samples are equal, the mean absolute deviation
// replaces a MAD of zero.
int64_t count_outliers(const std::vector<double>& sorted, double median, double mad) {
  double mean_deviation = 0;
  for (const double value : sorted) mean_deviation += std::abs(value - median) / double(sorted.size());
  const double scale = mad > 0 ? mad / 0.6745 : 1.253314 * mean_deviation;
  return std::count_if(sorted.begin(), sorted.end(),
                       [&](double value) { return std::abs(value - median) > outlier_score * scale; });
}

double coefficient_of_variation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const auto n = double(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return mean > 0 ? std::sqrt(squares / (n - 1)) / mean : 0;
}

using Series = std::vector<double>;

// The medians of each process's blocks, in order.
std::vector<Series> medians_of(const ProcessBlocks& processes) {
  std::vector<Series> series;
  for (const auto& process : processes) {
    Series medians;
    for (const auto& block : process)
      if (!block.empty()) medians.push_back(median_ns(block));
    if (!medians.empty()) series.push_back(std::move(medians));
  }
  return series;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

// How much wider than of independent values the interval of a first-order series is. The estimate of its correlation is
// too low in a short one, by about (1 + 3 r) / n.
double widening_of(const Series& values) {
  const auto n = values.size();
  if (n < 3) return 1;
  const double mean = mean_of(values);
  double square = 0, product = 0;
  for (size_t i = 0; i < n; ++i) {
    square += (values[i] - mean) * (values[i] - mean);
    if (i + 1 < n) product += (values[i] - mean) * (values[i + 1] - mean);
  }
  if (square == 0) return 1;
  constexpr double most = 0.98;
  const double raw = product / square, correlation = std::clamp(raw + (1 + 3 * raw) / double(n), 0.0, most);
  return std::sqrt((1 + correlation) / (1 - correlation));
}

double widening(const std::vector<Series>& series) {
  double widest = 1;
  for (const auto& each : series) widest = std::max(widest, widening_of(each));
  return widest;
}

double student_half_width(const Series& values) {
  const Interval interval = student_interval(values);
  return (interval.high - interval.low) / 2;
}

// Half the 95% interval of the mean, from the means of three successive parts of each process that has them: what
// drifts slower than blocks follow each other shows in them.
double half_width_of_parts(const std::vector<Series>& series) {
  constexpr size_t parts = 3;
  double squares = 0;
  int64_t used = 0;
  for (const auto& each : series) {
    if (each.size() < parts) continue;
    Series means;
    for (size_t i = 0; i < parts; ++i) {
      const size_t first = i * each.size() / parts, end = (i + 1) * each.size() / parts;
      means.push_back(mean_of(std::span(each).subspan(first, end - first)));
    }
    const double half_width = student_half_width(means);
    squares += half_width * half_width;
    ++used;
  }
  return used > 0 ? std::sqrt(squares) / double(used) : 0;
}

// How far from `median` the interval reaches at least for what differs between processes: Student's interval of their
// medians, or both medians where two say no more.
double half_width_of_processes(const ProcessBlocks& processes, double median) {
  Series medians;
  for (const auto& process : processes)
    if (const auto samples = pooled(process); !samples.empty()) medians.push_back(median_ns(samples));
  if (medians.size() > 2) return student_half_width(medians);
  double furthest = 0;
  for (const double value : medians) furthest = std::max(furthest, std::abs(value - median));
  return furthest;
}

}  // namespace

double median_ns(Samples samples) {
  require_samples(samples, "median");
  return quantile_of_sorted(sorted_values(samples), 0.5);
}

std::vector<int64_t> pooled(const SampleBlocks& blocks) {
  std::vector<int64_t> samples;
  for (const auto& block : blocks) samples.insert(samples.end(), block.begin(), block.end());
  return samples;
}

SampleBlocks blocks_of(const ProcessBlocks& processes) {
  SampleBlocks blocks;
  for (const auto& process : processes) blocks.insert(blocks.end(), process.begin(), process.end());
  return blocks;
}

std::optional<Interval> independent_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto n = int64_t(values.size()), k = median_rank(n);
  if (k < 0) return std::nullopt;
  return Interval{values[size_t(k)], values[size_t(n - 1 - k)]};
}

std::optional<Interval> median_interval(const ProcessBlocks& processes) {
  const std::vector<Series> series = medians_of(processes);
  const auto samples = pooled(blocks_of(processes));
  Series all;
  for (const auto& each : series) all.insert(all.end(), each.begin(), each.end());
  const bool in_blocks = int64_t(all.size()) >= least_blocks;
  const auto plain = independent_interval(in_blocks ? all : Series(samples.begin(), samples.end()));
  if (!plain) return std::nullopt;
  const double median = median_ns(samples), wider = in_blocks ? widening(series) : 1;
  const double least =
      std::max(half_width_of_processes(processes, median), in_blocks ? half_width_of_parts(series) : 0);
  return Interval{median - std::max(wider * (median - plain->low), least),
                  median + std::max(wider * (plain->high - median), least)};
}

Summary summarise(const SampleBlocks& blocks) { return summarise_processes({blocks}); }

Summary summarise_processes(const ProcessBlocks& processes) {
  const auto samples = pooled(blocks_of(processes));
  require_samples(samples, "summary");
  const auto sorted = sorted_values(samples);
  const double median = quantile_of_sorted(sorted, 0.5);
  std::vector<double> deviations;
  for (const double value : sorted) deviations.push_back(std::abs(value - median));

  Summary summary;
  summary.n = int64_t(sorted.size());
  summary.median_ns = median;
  summary.min_ns = sorted.front();
  if (const auto interval = median_interval(processes)) {
    summary.low_ns = interval->low;
    summary.high_ns = interval->high;
  }
  const auto p90 = upper_quantile(sorted, 0.90);
  const auto p99 = upper_quantile(sorted, 0.99);
  summary.p90_ns = p90.value;
  summary.p90_high_ns = p90.high;
  summary.p99_ns = p99.value;
  summary.p99_high_ns = p99.high;
  summary.mad_ns = median_of(std::move(deviations));
  summary.cv = coefficient_of_variation(sorted);
  const double iqr = quantile_of_sorted(sorted, 0.75) - quantile_of_sorted(sorted, 0.25);
  summary.iqr_share = median > 0 ? iqr / median : 0;
  summary.outliers = count_outliers(sorted, median, summary.mad_ns);
  return summary;
}

}  // namespace mds
