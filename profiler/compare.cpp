#include "profiler/compare.h"

#include <algorithm>
#include <cmath>

namespace mds {
namespace {

constexpr double alpha = 0.05;
constexpr double z_of_95 = 1.959964;

// The two-sided normal quantile, |Z| < z with probability 1 - alpha: bisection of erfc.
double normal_quantile(double two_sided_alpha) {
  double low = 0, high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::sqrt(2.0)) > two_sided_alpha ? low : high) = middle;
  }
  return low;
}

struct LogMedian {
  double value = 0;
  std::optional<double> half_width{};  // of its 95% interval
};

LogMedian log_median(const NamedSamples& timing) {
  const Summary summary = summarise_processes(timing.processes);
  LogMedian median{std::log(summary.median_ns), {}};
  if (timing.mark != TimingMark::rejected && summary.low_ns && *summary.low_ns > 0)
    median.half_width = std::max(median.value - std::log(*summary.low_ns), std::log(*summary.high_ns) - median.value);
  return median;
}

struct Pair {
  size_t i, j;
  double difference;
  std::optional<double> half_width;

  // How many half widths of an interval at 95% the difference is from none.
  double strength() const {
    if (!half_width) return 0;
    return *half_width > 0 ? std::abs(difference) / *half_width : difference == 0 ? 0 : INFINITY;
  }
};

}  // namespace

std::vector<MedianRatio> compared(const std::vector<NamedSamples>& timings) {
  if (timings.size() < 2) throw ConfigError("a comparison has 1 timing; allowed: at least 2");
  std::vector<LogMedian> medians;
  for (const auto& timing : timings) medians.push_back(log_median(timing));
  std::vector<Pair> pairs;
  for (size_t i = 0; i < timings.size(); ++i)
    for (size_t j = i + 1; j < timings.size(); ++j) {
      const auto &a = medians[i].half_width, &b = medians[j].half_width;
      pairs.push_back(
          {i, j, medians[j].value - medians[i].value, a && b ? std::optional(std::hypot(*a, *b)) : std::nullopt});
    }
  std::vector<const Pair*> by_strength;
  for (const auto& pair : pairs) by_strength.push_back(&pair);
  std::ranges::stable_sort(by_strength, std::greater(), [](const Pair* pair) { return pair->strength(); });

  std::vector<MedianRatio> ratios(pairs.size());
  bool rejecting = true;  // Holm: once a difference is not shown, no weaker one is
  for (size_t step = 0; step < by_strength.size(); ++step) {
    const Pair& pair = *by_strength[step];
    MedianRatio& ratio = ratios[size_t(by_strength[step] - pairs.data())];
    ratio = {.name = timings[pair.j].name, .against = timings[pair.i].name, .ratio = std::exp(pair.difference)};
    const double scale = normal_quantile(alpha / double(pairs.size() - step)) / z_of_95;
    if (pair.half_width)
      ratio.interval = Interval{std::exp(pair.difference - scale * *pair.half_width),
                                std::exp(pair.difference + scale * *pair.half_width)};
    rejecting = rejecting && pair.strength() > scale;
    if (rejecting && std::abs(ratio.ratio - 1) > least_difference)
      ratio.verdict = pair.difference < 0 ? SpeedVerdict::faster : SpeedVerdict::slower;
  }
  return ratios;
}

}  // namespace mds
