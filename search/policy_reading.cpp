#include "search/policy_reading.h"

#include <algorithm>
#include <limits>
#include <numbers>
#include <numeric>

namespace mds {
namespace {

constexpr double least_repeats = 5;  // degrees of freedom from which a measured spread replaces the assumed one

double deviation_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / double(values.size() - 1));
}

// The distance of endlessly many pictures: its bias falls as 1/n, so the line through n and n/2 meets it at 1/n = 0.
// What is below the spread of its own replicates counts as that spread, because its logarithm would be noise alone.
double unbiased(const Measured& measured, double spread) {
  const auto n = double(measured.pictures), half = double(measured.pictures / 2);
  const double line = (n * measured.distance - half * *measured.halves) / (n - half);
  return std::max(line, spread);
}

// To first order the bias is the same for every resample, so the replicates of the distance as it was measured serve.
Reading distance_reading(const Judged& score, const Measured& measured) {
  const double spread = deviation_of(measured.replicates), centre = median_of(measured.replicates);
  const double value = measured.halves ? unbiased(measured, spread) : measured.distance;
  const double scale = score.kind.measure == Measure::log_distance ? 1 / value : 1;
  Reading reading{.value = score.sign() * score.scaled(value)};
  for (const double replicate : measured.replicates)
    reading.shifts.push_back(score.sign() * scale * (replicate - centre));
  return reading;
}

Reading mean_reading(const Judged& score, const std::vector<double>& values, const BootstrapIndices& rows) {
  const double mean = mean_of(values);
  Reading reading{.value = score.sign() * mean};
  for (const auto& row : rows) {
    double sum = 0;
    for (const auto p : row) sum += values[size_t(p)];
    reading.shifts.push_back(score.sign() * (sum / double(row.size()) - mean));
  }
  return reading;
}

// Normal draws, one for each replicate, that depend on what they are for and on no order.
std::vector<double> draws_for(const PolicyConfig& config, const std::string& what, size_t replicates) {
  Random random(config.seed ^ std::stoull(sha256(what).substr(0, 16), nullptr, 16));
  std::vector<double> draws(replicates);
  for (double& draw : draws) draw = random.normal();
  return draws;
}

// Adds what other training seeds would have done: a part of it moves all evaluations of a member alike.
void add_seeds(const PolicyConfig& config, const Member& member, const Evaluation& evaluation, double spread,
               Reading& reading) {
  const auto kept = draws_for(config, member.candidate, reading.shifts.size()),
             own = draws_for(config, member.candidate + " " + std::to_string(evaluation.images_seen), kept.size());
  const double stays = std::sqrt(config.seed_persistence), goes = std::sqrt(1 - config.seed_persistence);
  for (size_t r = 0; r < kept.size(); ++r) reading.shifts[r] += spread * (stays * kept[r] + goes * own[r]);
}

// The z that is as far from 0 as Student's t by Wallace's normal approximation (1959), good to three digits.
double normal_of(double t, double freedom) {
  const double z = (8 * freedom + 1) / (8 * freedom + 3) * std::sqrt(freedom * std::log1p(t * t / freedom));
  return t < 0 ? -z : z;
}

double upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

// P(X > h, 0 < Y < a X) of two independent standard normal variables (Owen, 1956), by Simpson's rule.
double owens_t(double h, double a) {
  constexpr int steps = 64;
  const auto f = [h](double x) { return std::exp(-0.5 * h * h * (1 + x * x)) / (1 + x * x); };
  double sum = f(0) + f(a);
  for (int i = 1; i < steps; ++i) sum += (i % 2 ? 4 : 2) * f(a * i / steps);
  return sum * a / (3 * steps) / (2 * std::numbers::pi);
}

// How far two quantities go together, by their replicates; as that is an estimate, its standard error is added.
double most_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b), count = double(a.size() - 1);
  double both = 0;
  for (size_t r = 0; r < a.size(); ++r) both += (a[r] - mean_a) * (b[r] - mean_b);
  const double found = both / count / (deviation_of(a) * deviation_of(b));
  return found + (1 - found * found) / std::sqrt(count);
}

// For each value the median of the others, or of those before it; 0 where there are none.
std::vector<double> medians_of_rivals(const std::vector<double>& values, Rivals against) {
  std::vector<double> medians(values.size()), sorted;
  if (against == Rivals::previous) {
    for (size_t i = 1; i < values.size(); ++i) {
      sorted.insert(std::ranges::upper_bound(sorted, values[i - 1]), values[i - 1]);
      medians[i] = quantile_of_sorted(sorted, 0.5);
    }
    return medians;
  }
  sorted = values;
  std::ranges::sort(sorted);
  for (size_t i = 0; i < values.size() && values.size() > 1; ++i) {
    const auto own = size_t(std::ranges::lower_bound(sorted, values[i]) - sorted.begin());
    const auto other = [&](size_t place) { return sorted[place + (place >= own)]; };
    const size_t others = values.size() - 1;
    medians[i] = (other((others - 1) / 2) + other(others / 2)) / 2;
  }
  return medians;
}

}  // namespace

std::vector<std::vector<Reading>> readings_of(const PolicyConfig& config, const Cohort& cohort, const Judged& score,
                                              size_t size) {
  const auto pictures = cohort.members.front().now().scores.at(score.name).values.size();
  const auto rows = score.is_mean() ? policy_indices(config, int64_t(pictures)) : BootstrapIndices{};
  std::vector<std::vector<Reading>> all;
  for (const auto& member : cohort.members) {
    auto& window = all.emplace_back();
    for (const auto& evaluation : member.history.last(size)) {
      const Measured& measured = evaluation.scores.at(score.name);
      window.push_back(score.is_mean() ? mean_reading(score, measured.values, rows)
                                       : distance_reading(score, measured));
      Reading& reading = window.back();
      const double unit = score.kind.measure == Measure::log_distance ? 1 : std::abs(reading.value);
      add_seeds(config, member, evaluation, config.seed_spread * unit, reading);
    }
  }
  return all;
}

Reading weighted(const std::vector<Reading>& window, const std::vector<double>& weights) {
  Reading sum{.shifts = std::vector<double>(window.front().shifts.size())};
  for (size_t k = 0; k < weights.size(); ++k) {
    const Reading& reading = window[window.size() - weights.size() + k];
    sum.value += weights[k] * reading.value;
    for (size_t r = 0; r < sum.shifts.size(); ++r) sum.shifts[r] += weights[k] * reading.shifts[r];
  }
  return sum;
}

std::vector<Gap> gaps_of(const std::vector<Reading>& readings, Rivals against, int64_t pictures) {
  std::vector<double> values(readings.size());
  std::ranges::transform(readings, values.begin(), &Reading::value);
  const auto medians = medians_of_rivals(values, against);
  std::vector<Gap> gaps;
  for (size_t c = 0; c < values.size(); ++c) gaps.push_back({.own = values[c], .median = medians[c], .replicates = {}});
  for (size_t r = 0; r < readings.front().shifts.size(); ++r) {
    for (size_t c = 0; c < values.size(); ++c) values[c] = readings[c].value + readings[c].shifts[r];
    const auto resampled = medians_of_rivals(values, against);
    for (size_t c = 0; c < values.size(); ++c) gaps[c].replicates.push_back(values[c] - resampled[c]);
  }
  // A resample of n pictures varies less than another n pictures would.
  const double small = pictures > 1 ? std::sqrt(double(pictures) / double(pictures - 1)) : 1;
  for (auto& gap : gaps) gap.deviation = small * deviation_of(gap.replicates);
  return gaps;
}

GapSum sum_of(const std::vector<const Gap*>& gaps, int64_t pictures) {
  constexpr double endless = std::numeric_limits<double>::infinity();
  GapSum sum{.replicates = std::vector<double>(gaps.front()->replicates.size())};
  for (const Gap* gap : gaps) {
    if (gap->deviation == 0) return {.z = gap->difference() > 0 ? endless : -endless};
    sum.z += gap->difference() / gap->deviation;
    for (size_t r = 0; r < sum.replicates.size(); ++r) sum.replicates[r] += gap->replicates[r] / gap->deviation;
  }
  // The deviation is an estimate: from so many pictures, by so many replicates.
  const double few = pictures > 1 ? 1 / double(pictures - 1) : 0,
               freedom = 1 / (few + 1 / double(sum.replicates.size() - 1));
  sum.z = normal_of(sum.z / deviation_of(sum.replicates), freedom);
  return sum;
}

double chance_of(const GapSum& sum) { return upper_tail(sum.z); }

double chance_of_both(const GapSum& one, const GapSum& other) {
  const double z = std::min(one.z, other.z), alone = upper_tail(z);
  if (one.replicates.empty() || other.replicates.empty()) return alone;
  const double together = std::clamp(most_correlation(one.replicates, other.replicates), -0.9999, 0.9999);
  return std::max(0.0, alone - 2 * owens_t(z, std::sqrt((1 - together) / (1 + together))));
}

std::optional<double> measured_seed_spread(const PolicyConfig& config, const std::vector<Curve>& curves,
                                           int64_t images_seen) {
  const Judged score = judged_scores(config).front();
  const Cohort cohort = cohort_at(config, curves, images_seen);
  std::map<std::string, std::vector<double>> repeats;
  for (const auto& member : cohort.members) {
    const Measured& measured = member.now().scores.at(score.name);
    const double value = score.is_mean() ? mean_of(measured.values) : distance_reading(score, measured).value;
    repeats[member.candidate].push_back(value);
  }
  double squares = 0, freedom = 0;
  for (const auto& [candidate, values] : repeats) {
    if (values.size() < 2) continue;
    const double unit = score.kind.measure == Measure::log_distance ? 1 : mean_of(values);
    squares += double(values.size() - 1) * std::pow(deviation_of(values) / unit, 2);
    freedom += double(values.size() - 1);
  }
  return freedom < least_repeats ? std::nullopt : std::optional(std::sqrt(squares / freedom));
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, double(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace mds
