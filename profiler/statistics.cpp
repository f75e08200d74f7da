#include "profiler/statistics.h"

#include <cmath>
#include <numeric>

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
    return static_cast<int64_t>(std::floor((n - 1.959964 * std::sqrt(static_cast<double>(n))) / 2)) - 1;
  int64_t k = -1;
  while (binomial_below(n, 0.5, k + 1) <= tail) ++k;
  return k;
}

std::optional<Interval> median_interval_of_sorted(const std::vector<double>& sorted) {
  const auto n = static_cast<int64_t>(sorted.size());
  const auto k = median_rank(n);
  if (k < 0) return std::nullopt;
  return Interval{sorted[k], sorted[n - 1 - k]};
}

struct UpperQuantile {
  std::optional<double> value, high;
};

// The limit is the smallest order statistic x_(r) with P(Binomial(n, p) < r) >= 95%; it exists once p^n <= 5%.
UpperQuantile upper_quantile(const std::vector<double>& sorted, double p) {
  const auto n = static_cast<int64_t>(sorted.size());
  if (std::pow(p, static_cast<double>(n)) > 1 - confidence) return {};
  auto rank = static_cast<int64_t>(std::ceil(p * static_cast<double>(n)));
  double covered = binomial_below(n, p, rank - 1);
  while (covered < confidence && rank < n) covered = binomial_below(n, p, ++rank - 1);
  return {.value = quantile_of_sorted(sorted, p), .high = sorted[rank - 1]};
}

// Iglewicz and Hoaglin's modified z-score; where more than half the samples are equal the mean absolute deviation
// stands in for a MAD of zero.
int64_t count_outliers(const std::vector<double>& sorted, double median, double mad) {
  double mean_deviation = 0;
  for (const double value : sorted) mean_deviation += std::abs(value - median) / static_cast<double>(sorted.size());
  const double scale = mad > 0 ? mad / 0.6745 : 1.253314 * mean_deviation;
  return std::count_if(sorted.begin(), sorted.end(),
                       [&](double value) { return std::abs(value - median) > outlier_score * scale; });
}

double coefficient_of_variation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return mean > 0 ? std::sqrt(squares / (n - 1)) / mean : 0;
}

double resampled_median(const SampleBlocks& blocks, Random& random) {
  const auto count = static_cast<int64_t>(blocks.size());
  std::vector<double> drawn;
  for (int64_t b = 0; b < count; ++b) {
    const auto& block = blocks[count > 1 ? random.below(count) : 0];
    for (size_t i = 0; i < block.size(); ++i) drawn.push_back(block[random.below(block.size())]);
  }
  return median_of(std::move(drawn));
}

double pooled_median(const SampleBlocks& blocks, const char* side) {
  std::vector<double> all;
  for (const auto& block : blocks) {
    require_samples(block, side);
    all.insert(all.end(), block.begin(), block.end());
  }
  if (all.empty()) throw ConfigError(std::string(side) + ": 0 blocks; allowed: at least 1");
  return median_of(std::move(all));
}

}  // namespace

double median_ns(Samples samples) {
  require_samples(samples, "median");
  return quantile_of_sorted(sorted_values(samples), 0.5);
}

std::optional<Interval> median_interval(Samples samples) { return median_interval_of_sorted(sorted_values(samples)); }

Summary summarise(Samples samples) {
  require_samples(samples, "summary");
  const auto sorted = sorted_values(samples);
  const double median = quantile_of_sorted(sorted, 0.5);
  std::vector<double> deviations;
  for (const double value : sorted) deviations.push_back(std::abs(value - median));

  Summary summary{.n = static_cast<int64_t>(sorted.size()), .median_ns = median, .min_ns = sorted.front()};
  if (const auto interval = median_interval_of_sorted(sorted)) {
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

Ratio ratio_of_medians(const SampleBlocks& a, const SampleBlocks& b, const RatioOptions& options) {
  if (options.replicates < 1) throw ConfigError("replicates: is " + std::to_string(options.replicates) + "; allowed: at least 1");
  const double value = pooled_median(a, "ratio of medians, first side") / pooled_median(b, "ratio of medians, second side");
  Random random(options.seed);
  std::vector<double> ratios;
  for (int64_t r = 0; r < options.replicates; ++r) {
    const double numerator = resampled_median(a, random);
    ratios.push_back(numerator / resampled_median(b, random));
  }
  return {.value = value, .interval = percentile_interval(std::move(ratios), options.confidence)};
}

bool is_faster(const Ratio& a_over_b, double noise_floor) {
  return a_over_b.interval.high < 1 && 1 - a_over_b.value > noise_floor;
}

std::optional<double> mann_whitney(Samples a, Samples b) {
  if (a.size() < 9 || b.size() < 9) return std::nullopt;
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), total = n + m;
  std::vector<std::pair<int64_t, bool>> pool;  // value, comes from a
  for (const auto value : a) pool.emplace_back(value, true);
  for (const auto value : b) pool.emplace_back(value, false);
  std::sort(pool.begin(), pool.end());

  double rank_sum = 0, ties = 0;
  for (size_t i = 0, end; i < pool.size(); i = end) {
    for (end = i; end < pool.size() && pool[end].first == pool[i].first;) ++end;
    const auto size = static_cast<double>(end - i);
    const double rank = (static_cast<double>(i + end) + 1) / 2;
    for (size_t j = i; j < end; ++j) rank_sum += pool[j].second ? rank : 0;
    ties += size * size * size - size;
  }
  const double variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1.0;  // every sample is equal
  const double distance = std::abs(rank_sum - n * (n + 1) / 2 - n * m / 2);
  return std::erfc(std::max(0.0, distance - 0.5) / std::sqrt(2 * variance));
}

std::vector<double> holm(const std::vector<double>& p_values) {
  const auto count = p_values.size();
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return p_values[i] < p_values[j]; });
  std::vector<double> adjusted(count);
  double running = 0;
  for (size_t i = 0; i < count; ++i) {
    running = std::max(running, std::min(1.0, static_cast<double>(count - i) * p_values[order[i]]));
    adjusted[order[i]] = running;
  }
  return adjusted;
}

}  // namespace mds
